"""What the loaded model will give back counts as free, up to all that there is."""

from __future__ import annotations

from dataclasses import replace

from core.planning.plan import Request, Tier
from core.planning.planner import make_plan
from tests.core.planning.samples import GIB, draft, machine, model


def test_memory_that_will_be_given_back_is_free_already() -> None:
    here = machine(ram=64 * GIB, free=20 * GIB)
    assert here.with_freed(10 * GIB).ram_available == 30 * GIB
    assert here.with_freed(100 * GIB).ram_available == 64 * GIB


def test_so_is_that_of_the_card_it_is_on_and_of_no_other() -> None:
    here = machine(ram=64 * GIB, vram=24 * GIB)
    full = replace(here.devices[0], free_bytes=4 * GIB)
    here = replace(here, devices=(full, replace(full, name="cuda:1")))
    first, second = here.with_freed(0, {"cuda:0": 8 * GIB}).devices
    assert (first.free_bytes, second.free_bytes) == (12 * GIB, 4 * GIB)
    assert here.with_freed(0, {"cuda:0": 80 * GIB}).devices[0].free_bytes == 24 * GIB


def test_a_plan_takes_the_place_of_the_one_that_is_loaded() -> None:
    request = Request(model(32), draft())
    empty = make_plan(request, machine(ram=32 * GIB))
    ours = next(use.ours for use in empty.use if use.tier is Tier.RAM)
    loaded = machine(ram=32 * GIB, free=32 * GIB - ours)
    assert make_plan(request, loaded).layers != empty.layers
    assert make_plan(request, loaded.with_freed(ours)).layers == empty.layers
