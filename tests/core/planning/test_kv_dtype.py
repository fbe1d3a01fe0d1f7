"""Keys and values may be kept in less than layers compute with: fewer bytes, and a sentence about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import BadRequest
from core.planning.plan import Plan, Purpose, Request, Tier
from core.planning.planner import make_plan
from tests.core.planning.samples import GIB, draft, machine, model

REQUEST = Request(model(32), draft(), context=32_768, budget=64)
DESKTOP = machine()


def cache_bytes(plan: Plan) -> int:
    use = next(use for use in plan.use if use.tier is plan.kv)
    return use.bytes[Purpose.KV]


def test_of_its_own_accord_the_cache_is_what_layers_compute_in() -> None:
    for dtype in ("float32", "bfloat16"):
        assert make_plan(replace(REQUEST, dtype=dtype), DESKTOP).kv_dtype == dtype


@pytest.mark.parametrize(("dtype", "bytes_each"), [("float32", 4), ("bfloat16", 2), ("float16", 2), ("float8_e4m3", 1)])
def test_every_number_takes_its_bytes_in_both_models(dtype: str, bytes_each: int) -> None:
    plan = make_plan(replace(REQUEST, kv_dtype=dtype), DESKTOP)
    assert plan.kv_dtype == dtype
    assert cache_bytes(plan) == 2 * 32 * 8 * 128 * bytes_each * (32_768 + 64)
    ram = next(use for use in plan.use if use.tier is Tier.RAM)
    weights = draft().parameters * 2
    assert ram.bytes[Purpose.DRAFT] == weights + 2 * 16 * 4 * 128 * bytes_each * (32_768 + 6 * 64)


def test_a_smaller_cache_leaves_room_for_layers() -> None:
    tight = replace(REQUEST, ram_limit=14 * GIB)
    wide, narrow = (make_plan(replace(tight, kv_dtype=dtype), DESKTOP) for dtype in ("bfloat16", "float8_e4m3"))
    assert narrow.minimum_limit < wide.minimum_limit
    assert narrow.layers.count(Tier.SSD) < wide.layers.count(Tier.SSD)


def test_a_device_makes_room_for_one_layer_in_what_it_computes_in() -> None:
    card = machine(ram=256 * GIB, vram=80 * GIB)
    streamed = replace(REQUEST, draft_tier="ram")  # of resident drafts passes are captured, in one dtype only
    same, narrow = (make_plan(replace(streamed, kv_dtype=dtype), card) for dtype in ("bfloat16", "float8_e4m3"))
    vram = [next(use for use in plan.use if use.tier is Tier.VRAM) for plan in (same, narrow)]
    more = vram[1].bytes[Purpose.ACTIVATIONS] - vram[0].bytes[Purpose.ACTIVATIONS]
    assert more == 2 * 8 * 128 * (32_768 + 64) * 2


def test_rounding_is_said_and_only_that() -> None:
    for dtype, rounded in (("bfloat16", False), ("float32", False), ("float8_e4m3", True)):
        plan = make_plan(replace(REQUEST, kv_dtype=dtype), DESKTOP)
        assert any("are rounded to" in text for text in plan.warnings) == rounded


def test_what_nothing_can_be_kept_in_is_refused() -> None:
    with pytest.raises(BadRequest, match="int4"):
        make_plan(replace(REQUEST, kv_dtype="int4"), DESKTOP)
    apple = machine(ram=64 * GIB, vram=48 * GIB, device="mps")
    with pytest.raises(BadRequest, match="float8"):
        make_plan(replace(REQUEST, kv_dtype="float8_e4m3"), apple)
