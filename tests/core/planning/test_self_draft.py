"""A self-draft in plans: what it takes, when it is chosen, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadRequest
from core.machine.machine import Machine
from core.models.spec import ModelSpec
from core.planning.blueprint import Blueprint
from core.planning.experience import Experience, Outcome, Run, Shape
from core.planning.history import History
from core.planning.knowledge import Knowledge
from core.planning.plan import Plan, Purpose, Request, Tier
from core.planning.planner import make_plan
from core.planning.self_draft import self_draft_problem, substitutes
from tests.core.planning.samples import GIB, MIB, figure, machine, mixture

TARGET = Blueprint("7B", "llama", 32, 4096, 11_008, 32, 32, 128, 32_000, context_limit=4096).spec()
DRAFT = Blueprint("1B", "llama", 16, 2048, 5_632, 16, 16, 128, 32_000, context_limit=4096).spec()


def request(**changes: Any) -> Request:
    asked = Request(TARGET, None, device="cpu", context=1024, budget=64, reserve=0, drafter="self", ram_limit=8 * GIB)
    return replace(asked, **changes)


def uses(plan: Plan) -> dict[Purpose, int]:
    return next(use.bytes for use in plan.use if use.tier is plan.resident_tier)


@pytest.fixture
def computer() -> Machine:
    return machine()


def test_what_streams_has_a_substitute_in_a_segment_of_its_own(computer: Machine) -> None:
    plan = make_plan(request(), computer)
    sizes = substitutes(TARGET.layers, 2)
    assert plan.fits
    assert 0 < len(plan.streamed_layers) < 32
    assert uses(plan)[Purpose.SELF_DRAFT] == sum(sizes[layer] for layer in plan.streamed_layers)
    assert sizes[0] == pytest.approx(TARGET.layers[0].bytes * 4.5 / 16, rel=0.02)
    assert plan.head is plan.embedding is plan.resident_tier
    assert plan.use[-2].ours <= 8 * GIB
    assert "made once" in plan.choice


def test_a_higher_limit_never_lets_more_travel_and_fits_from_the_minimum_on(computer: Machine) -> None:
    least = make_plan(request(ram_limit=MIB), computer).minimum_limit
    assert not make_plan(request(ram_limit=least - 1), computer).fits
    assert make_plan(request(ram_limit=least), computer).fits
    before = len(TARGET.layers)
    for limit in range(least, least + 12 * GIB, 517 * MIB):
        plan = make_plan(request(ram_limit=limit), computer)
        assert plan.fits
        assert plan.use[-2].ours <= limit
        assert len(plan.streamed_layers) <= before
        before = len(plan.streamed_layers)


def test_where_nothing_streams_nobody_needs_it(computer: Machine) -> None:
    plan = make_plan(request(ram_limit=30 * GIB, drafter="self+lookup"), machine(ram=40 * GIB))
    assert not plan.streamed_layers
    assert plan.sources == ("lookup",)
    assert Purpose.SELF_DRAFT not in uses(plan)
    assert any("Nothing streams" in warning for warning in plan.warnings)


def test_on_an_accelerator_it_is_in_its_memory(computer: Machine) -> None:
    with_card = machine(vram=8 * GIB)
    plan = make_plan(request(device="auto", vram_limit=8 * GIB, ram_limit=24 * GIB), with_card)
    assert plan.fits
    assert plan.resident_tier is Tier.VRAM
    assert plan.streamed_layers
    assert uses(plan)[Purpose.SELF_DRAFT] > 0
    assert plan.head is Tier.VRAM


@pytest.mark.parametrize("drafter", ["self", "self+lookup+recycling"])
def test_models_that_cannot_draft_for_themselves_are_refused_in_a_sentence(computer: Machine, drafter: str) -> None:
    with pytest.raises(BadRequest, match="mixture of experts"):
        make_plan(request(model=mixture(), drafter=drafter), computer)
    packed = replace(TARGET, quantisation="GPTQ 4-bit")
    assert "quantised already (GPTQ 4-bit)" in (self_draft_problem(packed) or "")
    with pytest.raises(BadRequest, match="hardly be smaller"):
        make_plan(request(model=packed, drafter=drafter), computer)


def test_a_draft_model_and_a_self_draft_do_not_go_together(computer: Machine) -> None:
    with pytest.raises(BadRequest, match="cannot draft together"):
        make_plan(request(drafter="self+model"), computer)


@pytest.mark.parametrize("draft", [None, DRAFT])
def test_auto_weighs_it_against_a_draft_and_more_resident_layers(computer: Machine, draft: ModelSpec | None) -> None:
    slow = machine(drive=figure(1e9))
    plan = make_plan(request(drafter="auto", draft=draft, budget=None), slow)
    assert plan.sources == ("lookup", "recycling", "self")
    assert plan.draft is None
    assert "held more layers instead" in plan.choice
    assert ("with the draft 1B" in plan.choice) == (draft is not None)
    other = make_plan(request(drafter="model+lookup+recycling", draft=draft, budget=None), slow)
    assert plan.speed is not None
    assert other.speed is not None
    assert plan.speed.tokens_per_second >= 1.15 * other.speed.tokens_per_second


def test_auto_says_why_it_did_not_choose_it(computer: Machine) -> None:
    tight = make_plan(request(drafter="auto", draft=DRAFT, ram_limit=4 * GIB + 200 * MIB), computer)
    assert tight.fits
    assert tight.sources[0] == "model"
    assert tight.choice == "A self-draft of the target would not fit."
    knows = Knowledge(Experience((_run(tokens=1.3),) * 8))
    plan = make_plan(request(drafter="auto", draft=DRAFT), computer, knows)
    assert plan.sources[0] == "model"
    assert "The draft 1B drafts" in plan.choice
    assert "with a self-draft" in plan.choice


def _run(tokens: float) -> Run:
    """A reply that a self-draft wrote, with so many tokens per step where ten were expected."""
    expected, actual = Outcome(1.0, 10.0, 10.0), Outcome(1.0, tokens, tokens)
    return Run("2026-01-01T00:00:00", Shape("cpu", "bfloat16", 64, 1, itself=True), expected, expected, actual, 50)


def test_what_a_self_draft_did_says_nothing_of_a_draft_model(computer: Machine) -> None:
    knows = Knowledge(Experience((_run(tokens=3.0),) * 8))
    drafted = request(drafter="model", draft=DRAFT)
    assert make_plan(drafted, computer, knows).speed == make_plan(drafted, computer).speed
    learned, assumed = make_plan(request(), computer, knows).speed, make_plan(request(), computer).speed
    assert learned is not None
    assert assumed is not None
    assert learned.tokens_per_step < assumed.tokens_per_step
    assert "here" in learned.tokens_per_step_source


def test_runs_of_a_self_draft_are_remembered_with_the_pair(computer: Machine, tmp_path: Path) -> None:
    history = History(tmp_path / "runs")
    plan = make_plan(request(drafter="self"), computer)
    history.add(plan, computer, Outcome(1.0, 5.0, 5.0), steps=20)
    for draft in (None, DRAFT):
        (run,) = history.of(TARGET, draft, computer).runs
        assert run.shape.itself
