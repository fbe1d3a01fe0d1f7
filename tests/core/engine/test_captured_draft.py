"""Replies are the same whether passes of the draft are captured, static or neither; and where none are, it is said."""

from __future__ import annotations

import pytest

from core.engine import engine as facade
from core.offload.captured_model import StaticPasses
from core.sampling.settings import Sampling
from tests.benchmarks import demo

QUESTION = demo.questions("documented")[0]
NOTE = "kernel by kernel"


def reply(streamed: bool) -> tuple[list[tuple[int, ...]], tuple[str, ...]]:
    """What every step committed, and the notes of the load."""
    with demo.engine(24, drafter="model", streamed=streamed, ahead=True) as engine:
        request = demo.request(QUESTION, Sampling(0.7, seed=5), 24, 24)
        return [step.committed for step in engine.generate(request)], engine.loaded.notes


@pytest.mark.parametrize("streamed", [False, True])
def test_static_passes_draft_what_others_do(streamed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pass of the target, while it waits for layers, too."""
    expected, notes = reply(streamed)
    assert not any(NOTE in note for note in notes)
    # A processor, on which nothing can be captured, computes the same passes instead of replaying them.
    monkeypatch.setattr(facade, "capturable", lambda model: model.resident)
    monkeypatch.setattr(StaticPasses, "capture", lambda passes: None)
    ran = 0
    run = StaticPasses.run

    def counted(*arguments: object) -> object:
        nonlocal ran
        ran += 1
        return run(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(StaticPasses, "run", counted)
    found, notes = reply(streamed)
    assert found == expected
    assert ran > len(found)
    assert not any(NOTE in note for note in notes)


def test_passes_that_cannot_be_captured_are_run_as_before_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    expected, _ = reply(streamed=False)
    monkeypatch.setattr(facade, "capturable", lambda model: True)
    found, notes = reply(streamed=False)
    assert found == expected
    assert [note for note in notes if NOTE in note and "CUDA" in note]
