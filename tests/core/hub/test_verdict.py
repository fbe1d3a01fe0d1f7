"""How a verdict is put, and which model is the better one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.hub.verdict import Fit, Verdict, judge, speed_range
from core.machine.machine import Machine
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.models.spec import ModelSpec
from tests.core.models.folders import tiny_config, write_model

GIB = 1 << 30


@pytest.fixture
def large(tmp_path: Path) -> ModelSpec:
    """About 13 GiB that take no room."""
    config = tiny_config(hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32)
    return open_checkpoint(write_model(tmp_path / "large", config))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return replace(probe_machine(tmp_path), ram_total=16 * GIB, ram_available=14 * GIB, devices=())


def test_a_model_that_fits_runs_at_a_range_and_says_what_limits_it(large: ModelSpec, machine: Machine) -> None:
    verdict = judge(large, replace(machine, ram_total=64 * GIB, ram_available=60 * GIB))
    assert verdict.sentence.startswith("Runs at ")
    assert verdict.sentence.endswith("limited by the memory.")
    assert 0 < verdict.low <= verdict.high


def test_a_model_that_streams_is_limited_by_the_drive(large: ModelSpec, machine: Machine) -> None:
    verdict = judge(large, replace(machine, ram_available=6 * GIB))
    assert "limited by the SSD" in verdict.sentence
    assert verdict.fit is Fit.SLOW


def test_a_model_that_does_not_fit_says_what_it_needs(large: ModelSpec, machine: Machine) -> None:
    verdict = judge(large, replace(machine, ram_available=GIB // 2))
    assert verdict.fit is Fit.TOO_LARGE
    assert verdict.sentence.startswith("Does not fit: needs at least ")
    assert verdict.sentence.endswith(" of RAM.")


def test_a_drive_without_room_is_told_with_what_is_missing(large: ModelSpec, machine: Machine, tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    verdict = judge(large, machine, tmp_path, free + 12 * GIB)
    assert verdict.fit is Fit.NEEDS_DISK
    assert verdict.sentence.startswith(("Needs 12.0 GiB more disk; then it runs at", "Needs 11.9", "Needs 12.1"))


def test_the_largest_that_runs_well_is_best_then_the_fastest_of_the_slow() -> None:
    well = [Verdict(Fit.COMFORTABLE, "", 9.0, 9.0, 7), Verdict(Fit.COMFORTABLE, "", 90.0, 90.0, 1)]
    slow = [Verdict(Fit.SLOW, "", 3.0, 3.0, 30), Verdict(Fit.SLOW, "", 1.0, 1.0, 70)]
    rest = [Verdict(fit, "") for fit in (Fit.NEEDS_DISK, Fit.TOO_LARGE, Fit.NO_ACCESS, Fit.UNUSABLE, Fit.UNKNOWN)]
    expected = [*well, *slow, *rest]
    shuffled = [*rest, *slow[::-1], *well[::-1]]
    assert sorted(shuffled, key=lambda verdict: verdict.rank) == expected


def test_speeds_are_put_with_as_many_digits_as_they_deserve() -> None:
    assert speed_range(5.2, 8.4) == "5 to 8"
    assert speed_range(1.04, 2.26) == "1.0 to 2.3"
    assert speed_range(0.05, 0.09) == "0.05 to 0.09"
    assert speed_range(40.1, 40.4) == "40"
