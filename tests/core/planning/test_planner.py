"""Plans never promise memory that is not there, their limits are exact, and what is left open is chosen well."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import BadRequest
from core.machine.machine import Machine
from core.planning.plan import Plan, Purpose, Request, Tier
from core.planning.planner import BUDGETS, make_plan, speed_by_budget
from tests.core.planning.cases import DRAFTS, TARGETS, Case, cases, changes
from tests.core.planning.samples import GIB, draft, machine, model, small

DESKTOP = machine(ram=64 * GIB, free=50 * GIB)
WITH_GPU = machine(ram=256 * GIB, vram=24 * GIB)


@given(case=cases, change=changes)
def test_a_plan_fits_exactly_from_the_minimum_limit_on(case: Case, change: int) -> None:
    minimum = case.plan().minimum_limit
    assert case.plan(minimum + change).fits == (change >= 0)


@given(case=cases, change=changes)
def test_nothing_streams_exactly_from_the_resident_limit_on(case: Case, change: int) -> None:
    plan = case.plan(case.plan().resident_limit + change)
    nothing = not plan.streamed_tiers and plan.kv is plan.resident_tier
    assert (plan.fits and nothing) == (change >= 0)
    assert nothing == (not case.travels(plan))


@given(case=cases, part=st.floats(0, 1))
def test_a_limit_between_the_two_is_used_and_not_exceeded(case: Case, part: float) -> None:
    plan = case.plan()
    limit = plan.minimum_limit + round(part * (plan.resident_limit - plan.minimum_limit))
    plan = case.plan(limit)
    ours = next(use.ours for use in plan.use if use.tier is plan.resident_tier)
    spec = TARGETS[case.target]
    parts = [group.parameters for group in (*spec.layers, spec.embedding, spec.head)]
    parts += [sum(expert.parameters for expert in group) for group in spec.expert_groups]
    largest = max(parts) * (4 if plan.dtype == "float32" else 2)
    assert ours <= limit
    assert not plan.streamed_tiers or limit - ours < 2 * largest
    experts = [tier for tier, group in zip(plan.experts, spec.expert_groups, strict=True) if group]
    assert (plan.expert_slots > 0) == any(tier is not plan.resident_tier for tier in experts)
    assert (plan.staging_slots > 0) == any(tier is not plan.resident_tier for tier in (*plan.layers, plan.head))


@given(case=cases, change=changes, more=st.integers(0, 10 * GIB))
def test_more_memory_never_means_more_bytes_travelling(case: Case, change: int, more: int) -> None:
    limit = case.plan().minimum_limit + abs(change)
    less, richer = case.plan(limit), case.plan(limit + more)
    assume(less.kv is richer.kv or not case.narrows)
    assert case.travels(richer) <= case.travels(less)


@given(case=cases, change=changes, more=st.integers(0, 10 * GIB))
def test_with_the_budget_left_open_more_memory_never_means_less_speed(case: Case, change: int, more: int) -> None:
    case = replace(case, budget=None)
    limit = case.plan().minimum_limit + abs(change)
    poor, rich = case.plan(limit), case.plan(limit + more)
    assume(poor.kv is rich.kv or not case.narrows)
    assert poor.speed is not None
    assert rich.speed is not None
    assert rich.speed.low >= poor.speed.low * (1 - 1e-9)


@given(
    case=cases,
    vram=st.sampled_from([2 * GIB, 8 * GIB, 24 * GIB]),
    ram=st.integers(0, 256 * GIB),
    more=st.integers(0, 64 * GIB),
)
def test_beside_a_device_more_ram_never_means_more_from_the_drive(case: Case, vram: int, ram: int, more: int) -> None:
    request = Request(TARGETS[case.target], DRAFTS[case.draft], context=case.context, budget=case.budget)
    computer = machine(ram=512 * GIB, vram=vram)
    poor, rich = (make_plan(replace(request, ram_limit=limit), computer) for limit in (ram, ram + more))
    assert rich.fits or not poor.fits
    if poor.fits:
        assert drive(rich) <= drive(poor)


def drive(plan: Plan) -> int:
    """Bytes that a plan reads from the drive at each pass."""
    return next(use.ours for use in plan.use if use.tier is Tier.SSD)


@given(
    case=cases,
    ram=st.integers(GIB, 512 * GIB),
    used=st.floats(0, 1),
    vram=st.sampled_from([0, GIB, 8 * GIB, 24 * GIB, 80 * GIB]),
    limit=st.one_of(st.none(), st.integers(0, 512 * GIB)),
)
def test_what_fits_stays_within_its_limits_and_no_tier_overflows(
    case: Case, ram: int, used: float, vram: int, limit: int | None
) -> None:
    vram = min(vram, ram) if case.device == "mps" else vram
    computer = machine(ram=ram, free=round(ram * used), vram=vram, device=case.device)
    request = Request(TARGETS[case.target], DRAFTS[case.draft], context=case.context, ram_limit=limit)
    plan = make_plan(request, computer)
    for use in plan.use:
        assert all(size >= 0 for size in use.bytes.values())
        assert use.limit <= use.total
        if plan.fits:
            assert use.ours <= use.limit
            assert sum(use.bytes.values()) <= use.total
    assert plan.fits == (plan.speed is not None) == (not any("This needs" in text for text in plan.warnings))


def test_the_cpu_can_be_asked_for_beside_a_gpu() -> None:
    plan = make_plan(Request(small(), None, device="cpu"), WITH_GPU)
    assert (plan.device, plan.resident_tier) == ("cpu", Tier.RAM)
    assert [use.tier for use in plan.use] == [Tier.VRAM, Tier.RAM, Tier.SSD]
    assert plan.use[0].ours == 0


def test_the_dtype_is_bfloat16_where_the_hardware_has_it() -> None:
    assert make_plan(Request(small(), None), machine(bf16=True)).dtype == "bfloat16"
    assert make_plan(Request(small(), None), machine(bf16=False)).dtype == "float32"
    assert make_plan(Request(small(), None), machine(bf16=False, vram=8 * GIB)).dtype == "bfloat16"


def test_a_card_computes_in_what_it_is_best_at_and_in_float16_only_what_was_stored_so() -> None:
    computer = machine(vram=8 * GIB)
    for best, stored, chosen in (
        ("float16", "F16", "float16"),
        ("float16", "BF16", "float32"),
        ("float32", "F16", "float32"),
        ("bfloat16", "F16", "bfloat16"),
    ):
        devices = (replace(computer.devices[0], dtype=best),)
        plan = make_plan(Request(small(dtype=stored), None), replace(computer, devices=devices))
        assert plan.dtype == chosen


def test_the_default_limit_is_what_is_free_less_the_reserve() -> None:
    plan = make_plan(Request(small(), None, reserve=2 * GIB), machine(ram=16 * GIB, free=9 * GIB))
    ram = plan.use[0]
    assert ram.limit == 7 * GIB
    assert ram.bytes[Purpose.OTHERS] == 7 * GIB
    assert ram.bytes[Purpose.RESERVE] == 2 * GIB


def test_without_a_draft_a_tree_is_its_root() -> None:
    plan = make_plan(Request(small(), None, budget=64), DESKTOP)
    assert plan.budget == 1
    assert plan.speed is not None
    assert plan.speed.tokens_per_step == 1.0
    assert plan.speed.seconds.draft == 0.0


@pytest.mark.parametrize("computer", [DESKTOP, WITH_GPU])
def test_a_budget_left_open_is_the_fastest_of_the_curve(computer: Machine) -> None:
    request = Request(model(80, 8192, 28672), draft())
    curve = speed_by_budget(request, computer)
    plan = make_plan(request, computer)
    assert list(curve) == list(BUDGETS)
    assert curve[plan.budget] == max(curve.values())
    again = make_plan(replace(request, budget=plan.budget), computer)
    assert replace(again, minimum_limit=plan.minimum_limit) == plan


def test_budgets_that_do_not_fit_are_not_on_the_curve() -> None:
    request = Request(small(), small(2))
    least = make_plan(request, DESKTOP).minimum_limit
    assert list(speed_by_budget(replace(request, ram_limit=least), DESKTOP)) == [8]
    assert speed_by_budget(replace(request, ram_limit=least - 1), DESKTOP) == {}


@pytest.mark.parametrize(
    "change",
    [{"context": 0}, {"budget": 0}, {"ram_limit": -1}, {"reserve": -1}, {"device": "cuda:7"}, {"dtype": "int3"}],
)
def test_what_cannot_be_is_refused(change: dict[str, int | str]) -> None:
    with pytest.raises(BadRequest):
        make_plan(replace(Request(small(), None), **change), DESKTOP)  # type: ignore[arg-type]
