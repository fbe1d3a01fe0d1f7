"""Layers are measured with the code that runs them, once, and plans then rest on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from types import SimpleNamespace

import pytest

from core.engine import layer_survey
from core.engine.layer_survey import measure_memory, shape_of, survey_layers
from core.locations import DEMO_TARGET
from core.machine.layers import LayerCosts, recorded_layers
from core.machine.machine import Source
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.models.piece import Piece
from core.models.transformer import Transformer


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    references = tuple(
        replace(reference, hidden=64 * size, intermediate=128, heads=size, kv_heads=size)
        for size, reference in zip((1, 2, 3), layer_survey.REFERENCES, strict=True)
    )
    monkeypatch.setattr(layer_survey, "REFERENCES", references)
    monkeypatch.setattr(layer_survey, "ROWS", (1, 8))
    monkeypatch.setattr(layer_survey, "TEXT", 8)
    monkeypatch.setattr(layer_survey, "_SECONDS", 0.001)
    monkeypatch.setattr(layer_survey, "_READ", 1 << 20)


def test_a_layer_of_a_real_checkpoint_is_measured() -> None:
    spec = open_checkpoint(DEMO_TARGET)
    assert survey_layers([spec])
    (cost,) = [cost for cost in recorded_layers() if cost.shape == shape_of(spec)]
    assert cost.source is Source.MEASURED
    assert cost.parameters == spec.layers[0].parameters
    assert cost.rows == (1, 8)
    assert 0 < cost.seconds[0] <= cost.seconds[1] < 1


def _seconds_of(taken: Callable[[float, int], float], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What a survey says of layers that take as long as a function of the time and the rows says."""
    clock = [0.0]

    def run(transformer: Transformer, index: int, piece: Piece, cache: object) -> None:
        clock[0] += taken(clock[0], piece.rows)

    monkeypatch.setattr(Transformer, "run_layer", run)
    monkeypatch.setattr(layer_survey, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(layer_survey, "_reading", lambda block: 0.1)
    monkeypatch.setattr(layer_survey, "_SECONDS", 5.0)
    assert survey_layers([])
    assert clock[0] > 4.0
    return [seconds for cost in recorded_layers() for seconds in cost.seconds]


def test_what_another_program_does_for_a_while_spoils_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _seconds_of(lambda now, rows: 0.05 if 2.0 < now < 2.5 else 0.01, monkeypatch)
    assert found == pytest.approx([0.01] * 6)


def test_the_first_run_after_another_number_of_rows_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    last = [0]

    def taken(now: float, rows: int) -> float:
        first, last[0] = rows != last[0], rows
        return 0.05 if first else 0.01

    assert _seconds_of(taken, monkeypatch) == pytest.approx([0.01] * 6)


def test_references_and_models_are_kept_and_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = open_checkpoint(DEMO_TARGET)
    assert survey_layers([spec])
    machine = probe_machine()
    assert shape_of(spec) in {cost.shape for cost in machine.layers}
    assert LayerCosts.of(machine.layers, "", machine.layers[0].dtype) is not None
    assert machine.memory_read.source is Source.MEASURED
    monkeypatch.setattr(layer_survey, "_Bench", None)
    assert survey_layers([spec])


@pytest.mark.parametrize(("polls", "kept"), [(2, 0), (8, 0), (12, 3)])
def test_a_survey_that_is_stopped_keeps_what_was_timed_often_enough(
    polls: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Three layers are made ready after a poll each, and then timed in turns, each time after one.
    monkeypatch.setattr(layer_survey, "_SECONDS", 60.0)
    answers = chain([False] * polls, repeat(True))
    assert survey_layers([], stop=lambda: next(answers)) == (kept > 0)
    assert len(recorded_layers()) == kept


def test_a_slow_computer_is_measured_in_several_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_survey, "LONGEST", 0.0)
    assert not survey_layers([])
    monkeypatch.setattr(layer_survey, "LONGEST", 60.0)
    assert survey_layers([])


def test_memory_is_read_at_some_rate() -> None:
    assert measure_memory().value > 1e8
