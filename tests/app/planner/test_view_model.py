"""The planner without widgets: settings lead to plans, and what changed is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.planner.view_model import PlannerModel, difference
from app.settings.plan_settings import NOTHING_SET, PlanSettings
from core.decoding.report import FinishReason, ReplySummary, Speculation
from core.engine.messages import Generate, Loaded, Loading
from core.locations import DEMO_TARGET
from core.planning.plan import Purpose, Tier
from tests.core.planning.samples import machine, mixture, model, small

MIB = 1 << 20


def summary(speed: float, steps: int = 9) -> ReplySummary:
    speculation = Speculation(True, "", "model")
    return ReplySummary("", (), FinishReason.END, 5, steps, 4.0, speed, 0.1, 2.0, 1 << 29, 0, speculation, 0)


@pytest.fixture
def planner() -> PlannerModel:
    result = PlannerModel()
    result.set_machine(machine())
    result.set_models(small(), None)
    return result


def loaded(planner: PlannerModel) -> Loaded:
    assert planner.plan is not None
    return Loaded(planner.plan, Speculation(False, "there is no draft", ""), 1.0, 600 * MIB, 0, ("plain reads",))


def test_without_a_model_there_is_a_sentence_instead_of_a_plan() -> None:
    empty = PlannerModel()
    empty.set_machine(machine())
    assert empty.plan is None
    assert empty.load_problem is not None
    assert "Choose a model" in empty.load_problem


def test_a_lower_limit_moves_layers_to_the_drive_and_says_which(planner: PlannerModel) -> None:
    assert planner.plan is not None
    planner.set(PlanSettings(ram_limit=(planner.plan.minimum_limit + planner.plan.resident_limit) // 2))
    assert planner.plan is not None
    streamed = {index for index, tier in enumerate(planner.plan.layers) if tier is Tier.SSD}
    assert streamed
    assert {key for key in planner.changed if isinstance(key, int)} == streamed
    assert (Tier.RAM, Purpose.WEIGHTS) in planner.changed
    assert "speed" in planner.changed


def test_ends_and_experts_that_move_are_known_by_their_tiles(planner: PlannerModel) -> None:
    planner.set_models(mixture(layers=4), None)
    assert planner.plan is not None
    planner.set(PlanSettings(ram_limit=planner.plan.resident_limit - 1))
    assert {key for key in planner.changed if isinstance(key, int)} == {-1}
    planner.set(PlanSettings(ram_limit=planner.plan.minimum_limit))
    assert {key for key in planner.changed if isinstance(key, int)} == {0, 1, 2, 3, 4}
    before = planner.plan
    planner.set(PlanSettings(ram_limit=(before.minimum_limit + before.resident_limit) // 2))
    assert planner.plan.layers == (Tier.RAM,) * 4
    assert Tier.SSD in planner.plan.experts


def test_a_load_stays_the_plan_shown_when_the_bare_engine_is_measured_anew(planner: PlannerModel) -> None:
    planner.set_loaded(loaded(planner))
    planner.measured = summary(8.4)
    now = machine()
    planner.set_machine(replace(now, engine_bytes=replace(now.engine_bytes, value=now.engine_bytes.value - 40 * MIB)))
    assert planner.is_loaded
    assert planner.measured_speed == 8.4


def test_the_same_settings_change_nothing(planner: PlannerModel) -> None:
    planner.set(planner.settings)
    assert planner.changed == frozenset()


def test_plans_of_different_models_are_not_compared(planner: PlannerModel) -> None:
    before = planner.plan
    planner.set_models(model(name="other"), None)
    assert difference(before, planner.plan) == frozenset()


def test_a_limit_too_low_says_by_how_much_and_what_to_do(planner: PlannerModel) -> None:
    assert planner.plan is not None
    planner.set(PlanSettings(ram_limit=planner.plan.minimum_limit - 3 * MIB))
    assert planner.shortfall_sentence is not None
    assert "3 MiB more RAM" in planner.shortfall_sentence
    assert planner.load_problem == planner.shortfall_sentence


def test_another_model_is_planned_with_what_was_set_for_it(planner: PlannerModel) -> None:
    planner.set(PlanSettings(ram_limit=600 * MIB, context=512))
    planner.set_models(model(name="other"), None, PlanSettings(context=1024))
    assert planner.plan is not None
    assert planner.plan.context == 1024
    planner.set_models(model(name="third"), None)
    assert planner.settings == NOTHING_SET


def test_a_plan_that_is_loaded_need_not_be_loaded_again(planner: PlannerModel) -> None:
    planner.set_loaded(loaded(planner))
    assert planner.is_loaded
    assert planner.load_problem == "This plan is loaded."
    assert "plain reads" in planner.remarks
    planner.set(PlanSettings(context=512))
    assert not planner.is_loaded
    assert planner.load_problem is None


def test_memory_of_other_programs_does_not_make_it_another_load(planner: PlannerModel) -> None:
    planner.set_loaded(loaded(planner))
    now = machine()
    planner.set_machine(replace(now, ram_available=now.ram_available - (1 << 30)))
    assert planner.is_loaded


def test_nothing_can_be_loaded_while_something_loads(planner: PlannerModel) -> None:
    planner.loading = Loading(1, 2, "Loading layer 1 of 8")
    assert planner.load_problem == "A model is being loaded."


def test_a_measured_speed_belongs_to_the_plan_that_was_loaded(planner: PlannerModel) -> None:
    planner.measured = summary(8.4)
    assert planner.measured_speed is None
    planner.set_loaded(loaded(planner))
    planner.measured = summary(8.4)
    assert planner.measured_speed == 8.4
    planner.measured = summary(0.0, steps=1)
    assert planner.measured_speed is None
    planner.measured = summary(8.4)
    planner.set(PlanSettings(context=512))
    assert planner.measured_speed is None


def test_a_context_beyond_the_models_is_cut_to_it(planner: PlannerModel) -> None:
    planner.set(PlanSettings(context=1 << 20))
    assert planner.plan is not None
    assert planner.plan.context == small().context_limit


def test_only_the_tier_that_computes_has_marks_and_vram_none_without_a_device(planner: PlannerModel) -> None:
    assert planner.plan is not None
    scale = planner.limit_scale(Tier.RAM)
    assert scale is not None
    assert (scale.minimum, scale.resident) == (planner.plan.minimum_limit, planner.plan.resident_limit)
    assert planner.limit_scale(Tier.VRAM) is None


def test_a_reply_has_the_budget_that_was_set_and_the_demo_always_that_of_its_plan(planner: PlannerModel) -> None:
    assert planner.with_budget(Generate("r")).budget is None
    planner.set_models(small(), small())
    planner.set_loaded(loaded(planner))
    assert planner.with_budget(Generate("r")).budget is None  # the engine finds the fastest
    planner.set(PlanSettings(budget=32))
    planner.set_loaded(loaded(planner))
    assert planner.with_budget(Generate("r")).budget == 32
    planner.set(PlanSettings(budget=64))
    assert planner.with_budget(Generate("r")).budget is None  # what is loaded has no room for it
    demo = loaded(planner)
    planner.set_loaded(replace(demo, plan=replace(demo.plan, model=DEMO_TARGET, budget=48)))
    assert planner.with_budget(Generate("r")).budget == 48
