"""A draft lives where layers compute, unless somebody wants its memory for other things."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadRequest
from core.machine.machine import Machine
from core.planning.plan import Plan, Purpose, Request, Tier, TierUse
from core.planning.planner import make_plan
from core.planning.weights import Weights
from tests.core.planning.samples import GIB, draft, machine, model

REQUEST = Request(model(32), draft(), budget=64)
DESKTOP, WITH_CARD = machine(), machine(ram=256 * GIB, vram=24 * GIB)
APPLE = machine(ram=64 * GIB, vram=48 * GIB, device="mps")


def use(plan: Plan, tier: Tier) -> TierUse:
    return next(use for use in plan.use if use.tier is tier)


@pytest.mark.parametrize(("computer", "tier"), [(DESKTOP, Tier.RAM), (WITH_CARD, Tier.VRAM), (APPLE, Tier.VRAM)])
def test_of_its_own_accord_it_lives_where_layers_compute(computer: Machine, tier: Tier) -> None:
    plan = make_plan(REQUEST, computer)
    assert plan.draft_tier is tier
    assert make_plan(replace(REQUEST, draft_tier=tier.value), computer) == plan


def test_without_a_draft_there_is_no_place_for_it() -> None:
    assert make_plan(replace(REQUEST, draft=None), DESKTOP).draft_tier is None


@pytest.mark.parametrize("budget", [8, 64, 256])
@pytest.mark.parametrize("vram", [0, 12 * GIB])
@given(part=st.floats(0, 1))
def test_where_it_fits_living_there_is_the_fastest(vram: int, budget: int, part: float) -> None:
    computer = machine(ram=256 * GIB, vram=vram)
    request = replace(REQUEST, budget=budget)
    whole = make_plan(request, computer)
    limit = whole.minimum_limit + round(part * (whole.resident_limit - whole.minimum_limit))
    request = replace(request, vram_limit=limit if vram else None, ram_limit=None if vram else limit)
    plan = make_plan(request, computer)
    others = [make_plan(replace(request, draft_tier=tier), computer) for tier in (("ram", "ssd") if vram else ("ssd",))]
    assert plan.speed is not None
    for other in others:
        assert other.speed is not None
        assert other.speed.tokens_per_second <= plan.speed.tokens_per_second * (1 + 1e-9)


def test_streamed_from_the_drive_it_takes_a_ring_and_the_plan_says_what_that_costs() -> None:
    resident, streamed = (make_plan(replace(REQUEST, draft_tier=tier), DESKTOP) for tier in ("ram", "ssd"))
    assert streamed.draft_tier is Tier.SSD
    assert use(streamed, Tier.RAM).bytes[Purpose.DRAFT] < use(resident, Tier.RAM).bytes[Purpose.DRAFT] / 2
    assert streamed.minimum_limit < resident.minimum_limit
    assert resident.speed is not None
    assert streamed.speed is not None
    reads = sum(Weights.of(draft(), "bfloat16").stored.layers) + Weights.of(draft(), "bfloat16").streamed_head
    assert streamed.speed.seconds.draft == pytest.approx(18 * reads / DESKTOP.drive_read.value)
    assert streamed.speed.limited_by == "drive"
    assert any("draft streams from SSD" in text for text in streamed.warnings)
    assert not any("draft streams" in text for text in resident.warnings)


def test_while_a_streamed_draft_runs_nothing_of_the_target_arrives() -> None:
    tight = replace(REQUEST, ram_limit=10 * GIB)
    resident, streamed = (make_plan(replace(tight, draft_tier=tier), DESKTOP).speed for tier in ("ram", "ssd"))
    assert resident is not None
    assert streamed is not None
    assert streamed.seconds.stream > 0
    assert resident.seconds.draft_hidden > resident.seconds.sample
    assert streamed.seconds.draft_hidden <= streamed.seconds.sample * 1.001


def test_beside_a_card_it_may_wait_in_ram() -> None:
    resident, waiting, read = (make_plan(replace(REQUEST, draft_tier=tier), WITH_CARD) for tier in Tier)
    sizes = [use(plan, Tier.VRAM).bytes[Purpose.DRAFT] for plan in (resident, waiting, read)]
    assert sizes[0] > 2 * sizes[1] == 2 * sizes[2]
    assert Purpose.DRAFT not in use(resident, Tier.RAM).bytes
    assert use(waiting, Tier.RAM).bytes[Purpose.DRAFT] >= draft().bytes
    assert 0 < use(read, Tier.RAM).bytes[Purpose.DRAFT] < draft().bytes / 2
    speeds = [plan.speed.seconds.draft for plan in (resident, waiting, read) if plan.speed]
    assert speeds[0] < speeds[1] < speeds[2]


@pytest.mark.parametrize(("computer", "tier"), [(DESKTOP, "vram"), (APPLE, "ram"), (DESKTOP, "attic")])
def test_where_it_cannot_live_is_refused(computer: Machine, tier: str) -> None:
    with pytest.raises(BadRequest, match="Choose auto or one of"):
        make_plan(replace(REQUEST, draft_tier=tier), computer)


def test_that_it_could_stay_on_the_drive_is_among_the_advice() -> None:
    whole = make_plan(REQUEST, DESKTOP)
    (sentence, *_) = make_plan(replace(REQUEST, ram_limit=whole.minimum_limit - 1), DESKTOP).warnings
    assert "leave the draft on the drive" in sentence
