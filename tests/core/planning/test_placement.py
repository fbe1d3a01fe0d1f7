"""Where the parts of a model live, and that their bytes are counted there."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from core.planning.plan import Purpose, Request, Tier
from core.planning.planner import make_plan
from core.planning.weights import Streams, Weights
from tests.core.planning.cases import TARGETS
from tests.core.planning.samples import GIB, draft, machine, mixture, model

DESKTOP = machine(ram=64 * GIB, free=50 * GIB)
WITH_GPU = machine(ram=256 * GIB, vram=24 * GIB)


def test_every_part_is_somewhere_and_its_bytes_are_counted_there() -> None:
    target = model(32, dtype="F32")
    plan = make_plan(Request(target, None, ram_limit=14 * GIB, dtype="bfloat16"), DESKTOP)
    ram, ssd = plan.use
    kept, streamed = plan.layers.count(Tier.RAM), plan.layers.count(Tier.SSD)
    assert kept + streamed == 32
    assert kept > 0 < streamed
    assert (plan.embedding, plan.kv) == (Tier.SSD, Tier.RAM)
    ends = (target.head.parameters, 0) if plan.head is Tier.RAM else (0, target.head.bytes)
    assert ram.bytes[Purpose.WEIGHTS] == 2 * kept * target.layers[0].parameters + 2 * ends[0]
    assert ssd.bytes[Purpose.WEIGHTS] == streamed * target.layers[0].bytes + ends[1] + plan.budget * 4096 * 4
    assert (plan.staging_slots, plan.expert_slots, plan.reading_threads) == (2, 0, 2)


def test_experts_stream_before_any_layer_does_and_embeddings_before_experts() -> None:
    target = mixture()
    whole = make_plan(Request(target, None), DESKTOP)
    assert (whole.staging_slots, whole.expert_slots) == (0, 0)
    plan = make_plan(Request(target, None, ram_limit=whole.resident_limit - 1), DESKTOP)
    assert (plan.embedding, plan.head) == (Tier.SSD, Tier.RAM)
    assert set(plan.layers) == set(plan.experts) == {Tier.RAM}
    middle = (plan.minimum_limit + plan.resident_limit) // 2
    plan = make_plan(Request(target, None, ram_limit=middle), DESKTOP)
    assert set(plan.layers) == {Tier.RAM}
    assert set(plan.experts) == {Tier.RAM, Tier.SSD}
    assert plan.expert_slots == 4
    least = make_plan(Request(target, None, ram_limit=plan.minimum_limit), DESKTOP)
    assert set(least.layers) == set(least.experts) == {Tier.SSD}
    assert (least.staging_slots, least.expert_slots) == (2, 4)


def test_layers_without_experts_have_them_where_they_live_themselves() -> None:
    target = TARGETS["mixture beside dense layers"]
    whole = make_plan(Request(target, None), DESKTOP)
    middle = (whole.minimum_limit + whole.resident_limit) // 2
    plan = make_plan(Request(target, None, ram_limit=middle), DESKTOP)
    assert Tier.SSD in plan.experts[2:]
    assert plan.experts[:2] == plan.layers[:2] == (Tier.RAM, Tier.RAM)


def test_a_tied_embedding_stays_exactly_if_the_head_does() -> None:
    target = model(16, tied=True)
    whole = make_plan(Request(target, None), DESKTOP)
    seen = set()
    for part in range(11):
        limit = whole.minimum_limit + (whole.resident_limit - whole.minimum_limit) * part // 10
        plan = make_plan(Request(target, None, ram_limit=limit), DESKTOP)
        seen.add((plan.embedding, plan.head))
    assert seen == {(Tier.RAM, Tier.RAM), (Tier.SSD, Tier.SSD)}
    computer = machine(ram=64 * GIB, vram=24 * GIB)
    least = make_plan(Request(target, None), computer).minimum_limit
    beside = make_plan(Request(target, None, vram_limit=least), computer)
    assert (beside.embedding, beside.head) == (Tier.SSD, Tier.RAM)
    weights = Weights(target, "bfloat16")
    ring = weights.ring(Streams(layers=True, experts=False, head=True, embedding=True))
    assert beside.use[1].bytes[Purpose.STAGING] == ring + weights.embedding_buffer


def test_streamed_layers_are_spread_over_the_depth() -> None:
    plan = make_plan(Request(model(32), None, ram_limit=14 * GIB), DESKTOP)
    streamed = plan.streamed_layers
    gaps = [after - before for before, after in pairwise(streamed)]
    assert 2 <= len(streamed) < 30
    assert max(gaps) - min(gaps) <= 1
    assert streamed[0] < max(gaps)
    assert streamed[-1] >= 32 - max(gaps)


def test_converting_while_streaming_takes_a_scratch_layer() -> None:
    target = model(32)
    staging = []
    for dtype in ("bfloat16", "float32"):
        request = Request(target, None, dtype=dtype)
        least = make_plan(replace(request, ram_limit=make_plan(request, DESKTOP).minimum_limit), DESKTOP)
        staging.append(least.use[0].bytes[Purpose.STAGING])
    wider_scores = 2 * 128_256
    assert staging[1] - staging[0] == 4 * target.layers[0].parameters + wider_scores


def test_a_tied_head_costs_nothing() -> None:
    tied, untied = (make_plan(Request(model(16, tied=tied), None), DESKTOP) for tied in (True, False))
    assert untied.resident_limit - tied.resident_limit == 128_256 * 4096 * 2


def test_a_gpu_keeps_what_fits_then_ram_and_the_drive_holds_the_rest() -> None:
    target = model(80, 8192, 28672)
    plan = make_plan(Request(target, draft()), machine(ram=64 * GIB, vram=24 * GIB))
    assert plan.device == "cuda:0"
    assert plan.resident_tier is Tier.VRAM
    assert set(plan.layers) == {Tier.VRAM, Tier.RAM, Tier.SSD}
    roomy = make_plan(Request(target, draft()), machine(ram=256 * GIB, vram=24 * GIB))
    assert set(roomy.layers) == {Tier.VRAM, Tier.RAM}
    assert roomy.speed is not None
    assert plan.speed is not None
    assert (plan.speed.limited_by, roomy.speed.limited_by) == ("drive", "bus")


def test_keys_and_values_leave_vram_only_if_the_model_does_not_fit_otherwise() -> None:
    target, computer = model(32), machine(ram=64 * GIB, vram=24 * GIB)
    request = Request(target, None, context=65_536)
    whole = make_plan(request, computer)
    keys_and_values = whole.use[0].bytes[Purpose.KV]
    threshold = whole.minimum_limit + keys_and_values * 31 // 32
    inside, outside = (make_plan(replace(request, vram_limit=limit), computer) for limit in (threshold, threshold - 1))
    assert (inside.kv, outside.kv) == (Tier.VRAM, Tier.RAM)
    assert Purpose.KV not in inside.use[1].bytes
    assert outside.use[1].bytes[Purpose.KV] == keys_and_values
    assert outside.use[0].bytes[Purpose.KV] == keys_and_values // 32
    assert Tier.VRAM in outside.layers
    cramped = make_plan(replace(request, vram_limit=threshold - 1, ram_limit=8 * GIB), computer)
    assert (cramped.fits, cramped.minimum_limit, cramped.shortfall) == (False, threshold, 1)


def test_memory_that_a_device_shares_counts_as_ram_too() -> None:
    mac = machine(ram=24 * GIB, vram=16 * GIB, device="mps")
    plan = make_plan(Request(model(32), None), mac)
    vram, ram, _ = plan.use
    assert (plan.device, plan.resident_tier) == ("mps", Tier.VRAM)
    assert plan.streamed_tiers == {Tier.SSD}
    assert ram.ours > vram.ours > 14 * GIB
    less = make_plan(Request(model(32), None, ram_limit=12 * GIB), mac)
    assert less.use[0].ours < less.use[1].ours <= 12 * GIB
    assert len(less.streamed_layers) > len(plan.streamed_layers)
    least = make_plan(Request(model(32), None, ram_limit=GIB), mac)
    assert "more RAM than the limit" in least.warnings[0]
