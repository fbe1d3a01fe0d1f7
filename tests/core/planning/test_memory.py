"""Bytes by purpose, worked out by hand."""

from __future__ import annotations

import pytest

from core.planning import memory
from core.planning.memory import Footprint, Weights
from core.planning.placement import place_on_cpu, place_on_device
from core.planning.plan import Purpose
from tests.core.planning.samples import draft, model, small


def _footprint(budget: int = 64, context: int = 4096, drafted: bool = True) -> Footprint:
    draft_weights = Weights(draft(), "bfloat16") if drafted else None
    return Footprint(Weights(model(32), "bfloat16"), draft_weights, context, budget)


def test_keys_and_values_have_room_for_the_context_and_one_tree() -> None:
    assert _footprint().kv == 2 * 32 * 8 * 128 * 2 * (4096 + 64)


def test_the_engine_process_grows_with_the_vocabulary() -> None:
    assert _footprint().process == 900 * 128_256 + (12 << 20)
    placement = place_on_cpu(_footprint(), 600 << 20, 64 << 30)
    assert placement.ram[Purpose.ENGINE] == (600 << 20) + _footprint().process
    on_device = place_on_device(_footprint(), 600 << 20, 64 << 30, 64 << 30)
    assert on_device.ram[Purpose.ENGINE] == (600 << 20) + _footprint().process
    assert on_device.vram[Purpose.ENGINE] == 512 << 20


def test_a_draft_is_its_weights_and_a_cache_for_all_rows_that_it_may_expand() -> None:
    assert _footprint().draft_total == draft().parameters * 2 + 2 * 16 * 4 * 128 * 2 * (4096 + 3 * 64)
    assert _footprint(drafted=False).draft_total == 0


def test_activations_follow_their_formula() -> None:
    in_layer = 256 * (4 * 4096 + 3 * 14336 + 2 * 32 * 128) * 4
    attention = 32 * 256 * (4096 + 64) * 4 * 2
    between = 3 * (4096 + 64) * 4096 * 2
    target = (64 * 2 + 96 * 4) * 128_256
    drafts = (3 * 64 + 4 * 16) * 4 * 128_256
    assert _footprint(drafted=False).activations == in_layer + attention + between + target
    assert _footprint().activations == in_layer + attention + between + target + drafts


def test_what_planning_takes_for_granted_is_what_the_engine_does() -> None:
    # The engine imports torch, which the other tests of planning do without.
    from core.drafting import draft_model, growth
    from core.offload import byte_ranges, offloaded_model
    from core.sampling import noise

    assert memory.PROMPT_CHUNK == offloaded_model.PROMPT_CHUNK
    assert memory.BLOCK == byte_ranges.ALIGNMENT
    assert memory.DRAFT_ROWS == growth.ROWS_PER_NODE
    assert memory.DRAFT_WIDTH == draft_model._WIDTH
    assert memory.NOISE_ROWS == noise.GumbelNoise._KEPT


def test_the_ring_holds_two_of_the_largest_layer_with_room_for_alignment() -> None:
    weights = Weights(model(32), "bfloat16")
    layer = model(32).layers[0].bytes
    assert 2 * (layer + 3 * 4096) <= weights.ring <= 2 * (layer + 4 * 4096)


@pytest.mark.parametrize(
    ("stored", "dtype", "converts"),
    [("BF16", "bfloat16", False), ("BF16", "float32", True), ("F32", "bfloat16", True), ("F32", "float32", False)],
)
def test_a_scratch_layer_is_there_to_convert(stored: str, dtype: str, converts: bool) -> None:
    weights = Weights(small(dtype=stored), dtype)
    assert weights.scratch == (weights.layers[0] if converts else 0)


def test_loading_counts_where_nothing_later_takes_its_place() -> None:
    """An embedding of 1 GiB is read in one piece, which a short context's cache does not outweigh."""
    huge = Weights(model(2, vocabulary=2**17, context_limit=256), "bfloat16")
    footprint = Footprint(huge, None, context=1, budget=1)
    idle = footprint.kv + footprint.activations
    assert footprint.staging(streams=False) + idle >= huge.spec.embedding.bytes
