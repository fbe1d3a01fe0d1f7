"""The facade with a self-draft: made at the first load, found at the next, and no reply is another for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.chat.message import Message
from core.engine.engine import Engine
from core.engine.messages import Generate, Loading
from core.errors import Cancelled
from core.locations import DEMO_TARGET, user_cache
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan
from core.sampling.settings import Sampling

QUESTION = (Message("user", "What does os.path.join do?"),)


def plan(drafter: str, budget: int | None = 32) -> Plan:
    """In as little memory as there must be for a self-draft."""
    asked = Request(
        open_checkpoint(DEMO_TARGET), None, device="cpu", context=256, dtype="bfloat16", budget=budget, reserve=0
    )
    machine = probe_machine()
    least = make_plan(replace(asked, drafter="self", ram_limit=1), machine).minimum_limit
    return make_plan(replace(asked, drafter=drafter, ram_limit=least), machine)


def replies(engine: Engine, budget: int | None) -> list[tuple[int, ...]]:
    found = []
    for temperature in (0.0, 1.0):
        sampling = Sampling(temperature=temperature, seed=1)
        list(engine.generate(Generate("r", QUESTION, sampling=sampling, budget=budget, max_new_tokens=40)))
        assert engine.summary is not None
        found.append(engine.summary.token_ids)
    return found


def test_it_is_made_once_and_writes_what_plain_decoding_does() -> None:
    plain = Engine(plan("none", budget=None))
    expected = replies(plain, 1)
    plain.close()
    for made in (True, False):
        seen: list[Loading] = []
        engine = Engine(plan("self+lookup+recycling"), seen.append)
        try:
            assert any("made once" in event.what for event in seen) == made
            assert engine.loaded.speculation.drafter == "self+lookup+recycling"
            assert replies(engine, 32) == expected
            assert replies(engine, None) == expected
        finally:
            engine.close()


def test_steps_name_it(tmp_path: Path) -> None:
    engine = Engine(plan("self"))
    try:
        steps = list(engine.generate(Generate("r", QUESTION, budget=32, max_new_tokens=40)))
    finally:
        engine.close()
    assert {name for step in steps[1:] for name in step.sources} == {"self"}
    assert steps[1].sources["self"].accepted > 5
    assert set(steps[1].tree.sources) == {"", "self"}


def test_a_cancel_while_it_is_made_leaves_nothing_half_done() -> None:
    seen: list[Loading] = []

    def cancelled() -> bool:
        return sum("made once" in event.what for event in seen) > 3

    with pytest.raises(Cancelled):
        Engine(plan("self"), seen.append, cancelled)
    assert not list(user_cache().rglob("*.partial"))
    engine = Engine(plan("self"))
    assert replies(engine, 32)
    engine.close()
