"""Rates of matrix products: measured once, and what plans rest on from then on."""

from __future__ import annotations

import re

import pytest
import torch

from core.engine import arithmetic
from core.engine.arithmetic import ROWS, WIDTH, measure_products, survey_arithmetic
from core.machine.arithmetic import recorded_rates
from core.machine.machine import Source
from core.machine.probe import probe_machine


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic, "_CPU_BYTES", 1 << 20)
    monkeypatch.setattr(arithmetic, "_SECONDS", 0.005)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_the_rate_is_that_of_the_products_it_tells_of(dtype: str) -> None:
    figure = measure_products(dtype, torch.device("cpu"))
    assert figure.source is Source.MEASURED
    assert figure.when
    told = re.search(rf"with 8\.0 MiB of {dtype} weights (\d+) times; .* less than ([0-9.]+) ms", figure.how)
    assert told is not None
    assert int(told[1]) >= 3
    weights = (1 << 20) / getattr(torch, dtype).itemsize
    assert weights % WIDTH == 0
    assert 2 * ROWS * weights / figure.value == pytest.approx(float(told[2]) / 1e3, abs=1e-5)


def test_what_was_measured_is_kept_and_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert probe_machine().matmul.source is Source.ASSUMED
    survey_arithmetic()
    rates = recorded_rates(None)
    assert rates.keys() == {"bfloat16", "float32"}
    machine = probe_machine()
    assert machine.matmul == rates["bfloat16" if machine.bf16 else "float32"]
    monkeypatch.setattr(arithmetic, "measure_products", None)
    survey_arithmetic()
    assert recorded_rates(None) == rates
