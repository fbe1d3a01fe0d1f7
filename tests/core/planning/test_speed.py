"""The predicted speed is the one equation, worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from core.planning.memory import Footprint, Weights
from core.planning.placement import place_on_cpu, place_on_device
from core.planning.speed import DISPATCH, predict, tokens_per_step
from tests.core.planning.samples import GIB, draft, figure, machine, model

TARGET = Weights(model(32), "bfloat16")
DRAFT = Weights(draft(), "bfloat16")
COMPUTER = machine()


def _footprint(budget: int, drafted: bool = False) -> Footprint:
    return Footprint(TARGET, DRAFT if drafted else None, context=4096, budget=budget)


def test_a_resident_model_at_one_node_reads_all_its_weights() -> None:
    footprint = _footprint(1)
    speed = predict(footprint, place_on_cpu(footprint, 0, 64 * GIB), COMPUTER)
    used = TARGET.spec.parameters - TARGET.spec.embedding.parameters
    assert speed.seconds.total == pytest.approx(used * 2 / 40e9 + 32 * DISPATCH)
    assert speed.limited_by == "memory bandwidth"


def test_many_nodes_are_limited_by_arithmetic() -> None:
    footprint = _footprint(256)
    speed = predict(footprint, place_on_cpu(footprint, 0, 64 * GIB), COMPUTER)
    used = TARGET.spec.parameters - TARGET.spec.embedding.parameters
    assert speed.seconds.compute == pytest.approx(256 * 2 * used / 500e9 + 32 * DISPATCH)
    assert speed.limited_by == "compute"


def test_computing_hides_behind_streaming() -> None:
    footprint = _footprint(1)
    placement = place_on_cpu(footprint, 0, 6 * GIB)
    speed = predict(footprint, placement, COMPUTER)
    assert placement.from_drive == placement.tiers.count("ssd") * TARGET.spec.layers[0].bytes > 0
    assert speed.seconds.stream == pytest.approx(placement.from_drive / 2e9)
    assert speed.seconds.total == pytest.approx(speed.seconds.stream)
    assert speed.limited_by == "drive"


def test_on_a_device_the_slower_of_drive_and_bus_counts() -> None:
    footprint = _footprint(64)
    from_ram = predict(footprint, place_on_device(footprint, 0, 64 * GIB, 8 * GIB), machine(vram=8 * GIB))
    assert from_ram.limited_by == "bus"
    from_drive = predict(footprint, place_on_device(footprint, 0, 4 * GIB, 8 * GIB), machine(vram=8 * GIB))
    assert from_drive.limited_by == "drive"


def test_drafting_adds_its_passes() -> None:
    plain, drafted = _footprint(64), _footprint(64, drafted=True)
    without = predict(plain, place_on_cpu(plain, 0, 64 * GIB), COMPUTER)
    with_draft = predict(drafted, place_on_cpu(drafted, 0, 64 * GIB), COMPUTER)
    levels = 2 + 2 * 6
    reading = levels * DRAFT.spec.parameters * 2 / 40e9
    assert with_draft.seconds.draft == pytest.approx(reading + levels * 16 * DISPATCH)
    assert with_draft.seconds.compute == without.seconds.compute


def test_a_faster_drive_makes_a_streamed_plan_faster_until_computing_is_the_limit() -> None:
    footprint = _footprint(64)
    placement = place_on_cpu(footprint, 0, 6 * GIB)
    slow, fast, endless = (
        predict(footprint, placement, replace(COMPUTER, drive_read=figure(rate))) for rate in (1e9, 2e9, 1e12)
    )
    assert slow.low < fast.low < endless.low
    assert endless.limited_by == "compute"


def test_the_range_lies_around_tokens_over_seconds() -> None:
    footprint = _footprint(64, drafted=True)
    speed = predict(footprint, place_on_cpu(footprint, 0, 64 * GIB), COMPUTER)
    middle = speed.tokens_per_step / speed.seconds.total
    assert speed.low == pytest.approx(0.7 * middle)
    assert speed.high == pytest.approx(1.3 * middle)


def test_tokens_per_step_grow_with_the_log_of_the_budget_and_say_that_they_are_assumed() -> None:
    tokens, source = tokens_per_step(64, drafted=True)
    assert tokens == pytest.approx(4.0, abs=0.02)
    assert "assumed" in source
    assert tokens_per_step(1, drafted=True)[0] == tokens_per_step(64, drafted=False)[0] == 1.0
    gain = tokens_per_step(128, drafted=True)[0] - tokens
    assert gain == pytest.approx(0.72 * math.log(2))
