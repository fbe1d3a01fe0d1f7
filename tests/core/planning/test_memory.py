"""Bytes by purpose, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.planning import memory, weights
from core.planning.memory import Footprint
from core.planning.placement import place_on_cpu, place_on_device
from core.planning.plan import Purpose, Tier
from core.planning.weights import Streams, Weights
from tests.core.planning.samples import draft, mixture, model, small

NOTHING = Streams(layers=False, experts=False, head=False, embedding=False)


def _footprint(budget: int = 64, context: int = 4096, drafted: bool = True) -> Footprint:
    draft_weights = Weights(draft(), "bfloat16") if drafted else None
    return Footprint(Weights(model(32), "bfloat16"), draft_weights, context, budget, on_cpu=False)


def test_keys_and_values_have_room_for_the_context_and_one_tree() -> None:
    assert _footprint().kv == 2 * 32 * 8 * 128 * 2 * (4096 + 64)


def test_the_engine_process_grows_with_the_vocabulary_and_the_text_it_remembers() -> None:
    assert _footprint().process == (900 + 64) * 128_256 + 400 * 4096 + (48 << 20)
    placement = place_on_cpu(_footprint(), 600 << 20, 64 << 30)
    assert placement.ram[Purpose.ENGINE] == (600 << 20) + _footprint().process
    on_device = place_on_device(_footprint(), 600 << 20, 64 << 30, 64 << 30)
    assert on_device.ram[Purpose.ENGINE] == (600 << 20) + _footprint().process
    assert on_device.vram[Purpose.ENGINE] == (512 + 96) << 20


def test_a_draft_is_its_weights_and_a_cache_for_all_rows_that_it_may_expand() -> None:
    assert _footprint().draft_total == draft().parameters * 2 + 2 * 16 * 4 * 128 * 2 * (4096 + 6 * 64)
    assert _footprint(drafted=False).draft_total == 0


def test_activations_follow_their_formula() -> None:
    in_layer = 256 * (4 * 4096 + 3 * 14336 + 2 * 32 * 128) * 4
    attention = 2 * 32 * 256 * (4096 + 64) * 4
    between = 3 * (4096 + 64) * 4096 * 2
    target = (64 * 2 + 96 * 4) * 128_256
    drafts = ((6 * 64 + 1) * 2 + 4 * 16 * 4) * 128_256
    assert _footprint(drafted=False).activations == in_layer + attention + between + target
    assert _footprint().activations == in_layer + attention + between + target + drafts


def test_captured_passes_of_a_resident_draft_keep_what_they_work_with() -> None:
    without = _footprint()
    captured = replace(without, captures=True)
    slots, vocabulary = 4096 + 6 * 64, 128_256
    kept = (64 << 20) + 2 * 16 * vocabulary * 2 + 16 * slots * (16 + draft().heads // draft().kv_heads * 2)
    assert captured.activations - without.activations == kept
    assert replace(captured, kv_dtype="bfloat16").captured == kept
    assert replace(captured, kv_dtype="float8_e4m3").captured == 0
    assert replace(captured, draft_from=Tier.RAM).captured == 0
    assert replace(captured, draft=None).captured == 0


def test_on_a_cpu_attention_holds_scores_of_few_rows_alone_unless_they_are_bent() -> None:
    spec, slots = model(32), 4096 + 64
    elsewhere = _footprint(drafted=False)
    here = replace(elsewhere, on_cpu=True)
    keys_and_values = 2 * 8 * 128 * slots * 4
    assert here.activations - elsewhere.activations == keys_and_values - 2 * 32 * (256 - 63) * slots * 4
    for bent in (replace(spec, family="gpt_oss"), replace(spec, config={"attn_logit_softcapping": 50.0})):
        of_bent = replace(here, target=Weights(bent, "bfloat16"))
        assert of_bent.activations == elsewhere.activations + keys_and_values
    straight = replace(spec, config={"attn_logit_softcapping": None})
    assert replace(here, target=Weights(straight, "bfloat16")).activations == here.activations


def test_what_planning_takes_for_granted_is_what_the_engine_does() -> None:
    # The engine imports torch, which the other tests of planning do without.
    from core.drafting import draft_model
    from core.machine import direct_file
    from core.models import attention
    from core.sampling import noise

    assert memory.FUSED_ROWS == attention._FEW_ROWS
    assert weights.BLOCK == direct_file.ALIGNMENT
    assert memory.DRAFT_ROWS == draft_model.ROWS_PER_NODE
    assert memory.DRAFT_WIDTH == draft_model.RANKED_ROWS
    assert memory.NOISE_ROWS == noise.GumbelNoise._KEPT


def test_the_ring_holds_two_of_the_largest_layer_with_room_for_alignment() -> None:
    layer = model(32).layers[0].bytes
    ring = Weights(model(32), "bfloat16").ring(replace(NOTHING, layers=True))
    assert 2 * (layer + 3 * 4096) <= ring <= 2 * (layer + 4 * 4096)


def test_slices_of_a_head_make_the_ring_no_larger_and_alone_need_no_more() -> None:
    narrow = Weights(small(), "bfloat16")  # The head is as large as a layer and a third.
    assert narrow.ring(replace(NOTHING, layers=True)) == narrow.ring(replace(NOTHING, head=True, layers=True))
    assert narrow.ring(replace(NOTHING, head=True)) == narrow.ring(replace(NOTHING, layers=True))
    little_head = Weights(model(2, hidden=256, intermediate=1024, vocabulary=512), "bfloat16")
    head = little_head.spec.head.bytes
    assert 2 * head <= little_head.ring(replace(NOTHING, head=True)) <= 2 * (head + 4 * 4096)


def test_experts_have_a_ring_of_four_of_their_own() -> None:
    spec = mixture()
    ring = Weights(spec, "bfloat16").ring(replace(NOTHING, experts=True))
    expert = spec.expert_groups[0][0].bytes
    assert 4 * (expert + 3 * 4096) <= ring <= 4 * (expert + 4 * 4096)


@pytest.mark.parametrize(
    ("stored", "dtype", "converts"),
    [("BF16", "bfloat16", False), ("BF16", "float32", True), ("F32", "bfloat16", True), ("F32", "float32", False)],
)
def test_a_scratch_is_there_to_convert_what_streams(stored: str, dtype: str, converts: bool) -> None:
    weights = Weights(mixture(dtype=stored), dtype)
    layer, expert = weights.resident.layers[0], weights.largest_expert
    assert weights.scratch(NOTHING) == 0
    assert weights.scratch(replace(NOTHING, layers=True)) == (layer if converts else 0)
    assert weights.scratch(replace(NOTHING, head=True)) == (layer if converts else 0)
    assert weights.scratch(replace(NOTHING, layers=True, experts=True)) == (layer + expert if converts else 0)


def test_rows_of_an_embedding_are_read_in_blocks() -> None:
    weights = Weights(small(), "float32")
    assert weights.embedding_row == 256 * 2
    assert weights.embedding_buffer == 256 * 2 * 4096
    footprint = Footprint(weights, None, 512, 8, on_cpu=True)
    without = footprint.staging(replace(NOTHING, layers=True))
    assert footprint.staging(replace(NOTHING, layers=True, embedding=True)) - without == 256 * 2 * 4096


def test_scores_of_a_sliced_head_exist_twice_while_they_are_put_together() -> None:
    footprint = _footprint(drafted=False)
    sliced, whole = (footprint.device_staging(replace(NOTHING, layers=True, head=head)) for head in (True, False))
    assert sliced - whole == 64 * 2 * 128_256


def test_loading_takes_three_buffers_and_counts_where_nothing_later_takes_their_place() -> None:
    footprint = Footprint(Weights(model(2, vocabulary=2**10, context_limit=256), "bfloat16"), None, 1, 1, on_cpu=True)
    idle = footprint.kv + footprint.activations
    loading = footprint.staging(NOTHING) + idle
    assert 3 * (32 << 20) <= loading <= 3 * ((32 << 20) + 4 * 4096)
    assert _footprint().staging(NOTHING) == 0
    assert _footprint().host_staging(NOTHING, rows_from_drive=False) == loading


def test_a_model_of_few_bytes_is_loaded_through_as_few() -> None:
    spec = small(2)
    assert spec.bytes <= Weights(spec, "bfloat16").loading <= spec.bytes + 4 * 4096


def test_the_draft_is_loaded_beside_the_ring() -> None:
    target, drafts = Weights(model(4), "bfloat16"), Weights(draft(), "bfloat16")
    footprint = Footprint(target, drafts, 1, 1, on_cpu=True)
    streams = replace(NOTHING, layers=True)
    idle = footprint.kv + footprint.draft_kv + footprint.activations
    assert footprint.staging(streams) == target.ring(streams) + drafts.loading - idle
    assert footprint.host_staging(streams, rows_from_drive=True) == target.ring(streams) + drafts.loading


def test_all_rows_of_a_pass_go_through_a_layer_of_experts_together() -> None:
    """Its formula, in a layer where attention takes more than experts, and in one where they take more.

    Into an expert they go in chunks.
    """
    rows = 1000 + 64
    for intermediate, beside in (
        (64, rows * (4 * 256 + 2 * 2 * 128 + 2 * 128) * 4),
        (4096, rows * (3 * 256 + 2 * 8) * 4 + 1024 * (2 * 256 + 6 * 4096) * 2),
    ):
        spec = model(4, hidden=256, intermediate=intermediate, vocabulary=4096, experts=8)
        footprint = Footprint(Weights(spec, "bfloat16"), None, 1000, 64, on_cpu=False)
        attention = 2 * 2 * 256 * rows * 4
        between = 3 * rows * 256 * 2
        scores = (64 * 2 + 96 * 4) * 4096
        assert footprint.activations == beside + attention + between + scores


def test_the_weights_of_a_spec_are_worked_out_once() -> None:
    spec = small()
    assert Weights.of(spec, "bfloat16") is Weights.of(spec, "bfloat16")
    assert Weights.of(spec, "float32").dtype == "float32"
    assert Weights.of(small(), "bfloat16").spec is not spec
