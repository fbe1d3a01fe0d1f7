"""The predicted speed is the one equation, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.planning.memory import Footprint
from core.planning.placement import place_on_cpu, place_on_device, place_on_shared
from core.planning.plan import Tier
from core.planning.speed import DISPATCH, MARGIN, MOST_ROUNDS, NODE, predict, tokens_per_step
from core.planning.weights import Weights
from tests.core.planning.samples import GIB, MIB, draft, figure, machine, mixture, model

TARGET = Weights(model(32), "bfloat16")
DRAFT = Weights(draft(), "bfloat16")
COMPUTER = machine()


def _footprint(budget: int, drafted: bool = False) -> Footprint:
    return Footprint(TARGET, DRAFT if drafted else None, context=4096, budget=budget, on_cpu=True)


def test_a_resident_model_at_one_node_reads_all_its_weights() -> None:
    footprint = _footprint(1)
    speed = predict(footprint, place_on_cpu(footprint, 0, 64 * GIB), COMPUTER)
    used = TARGET.spec.parameters - TARGET.spec.embedding.parameters
    assert speed.seconds.compute == pytest.approx(used * 2 / 40e9 + 32 * DISPATCH)
    assert speed.limited_by == "memory bandwidth"


def test_many_nodes_are_limited_by_arithmetic() -> None:
    footprint = _footprint(256)
    speed = predict(footprint, place_on_cpu(footprint, 0, 64 * GIB), COMPUTER)
    used = TARGET.spec.parameters - TARGET.spec.embedding.parameters
    assert speed.seconds.compute == pytest.approx(256 * 2 * used / 500e9 + 32 * DISPATCH)
    assert speed.limited_by == "compute"


def test_computing_hides_behind_streaming() -> None:
    footprint = _footprint(1)
    placement = place_on_cpu(footprint, 0, 6 * GIB)
    speed = predict(footprint, placement, COMPUTER)
    streamed = placement.tiers.layers.count(Tier.SSD)
    assert streamed > 0
    assert placement.tiers.embedding is Tier.SSD
    head = TARGET.spec.head.bytes if placement.tiers.head is Tier.SSD else 0
    row = TARGET.spec.hidden_size * 2
    assert placement.from_drive == streamed * TARGET.spec.layers[0].bytes + head + row
    assert speed.seconds.stream == pytest.approx(placement.from_drive / 2e9)
    # Choosing takes so little that the ring is not full before it is over: the drive never rests.
    assert speed.seconds.draft_hidden == pytest.approx(speed.seconds.sample)
    assert speed.seconds.hidden == pytest.approx(speed.seconds.compute + speed.seconds.sample)
    assert speed.limited_by == "drive"


def test_on_a_device_the_slower_of_drive_and_bus_counts() -> None:
    footprint = _footprint(64)
    from_ram = predict(footprint, place_on_device(footprint, 0, 64 * GIB, 8 * GIB), machine(vram=8 * GIB))
    assert from_ram.limited_by == "bus"
    from_drive = predict(footprint, place_on_device(footprint, 0, 4 * GIB, 8 * GIB), machine(vram=8 * GIB))
    assert from_drive.limited_by == "drive"


def test_the_first_token_waits_for_weights_or_for_the_prompt_and_never_for_both() -> None:
    footprint = _footprint(64, drafted=True)
    reading = predict(footprint, place_on_cpu(footprint, 0, 64 * GIB), COMPUTER)
    prompt = reading.first_token - reading.seconds.draft
    assert prompt > 0
    placement = place_on_cpu(footprint, 0, 10 * GIB)
    for drive, longest in ((1e12, prompt), (1e6, placement.from_drive / 1e6)):
        speed = predict(footprint, placement, replace(COMPUTER, drive_read=figure(drive)))
        assert speed.first_token == pytest.approx(longest + speed.seconds.draft)


def test_what_comes_from_the_drive_crosses_the_bus_too() -> None:
    footprint = _footprint(64)
    placement = place_on_device(footprint, 0, 4 * GIB, 8 * GIB)
    assert placement.from_drive > 0
    assert placement.over_bus >= placement.from_drive
    slow_bus = replace(machine(vram=8 * GIB), host_to_device=figure(1e6))
    assert predict(footprint, placement, slow_bus).limited_by == "bus"


def test_keys_and_values_in_ram_cross_the_bus() -> None:
    footprint = replace(_footprint(64), context=131_072)
    placement = place_on_device(footprint, 0, 64 * GIB, 8 * GIB)
    assert placement.kv is Tier.RAM
    assert placement.from_drive == 0
    speed = predict(footprint, placement, machine(vram=8 * GIB))
    weights = sum(layer.bytes for layer in TARGET.spec.layers) - placement.tiers.layers.count(Tier.VRAM) * (
        TARGET.spec.layers[0].bytes
    )
    assert speed.seconds.stream > (weights + footprint.kv) / 20e9


def test_a_device_that_shares_ram_is_as_fast_as_ram() -> None:
    footprint = _footprint(1)
    speed = predict(footprint, place_on_shared(footprint, 0, 64 * GIB, 64 * GIB), COMPUTER)
    assert speed.seconds.compute == predict(footprint, place_on_cpu(footprint, 0, 64 * GIB), COMPUTER).seconds.compute
    streaming = place_on_shared(footprint, 0, 64 * GIB, 8 * GIB)
    assert (streaming.from_drive > 0, streaming.over_bus) == (True, 0)


def test_a_row_is_multiplied_with_the_experts_it_chose_and_a_pass_reads_those_of_all_rows() -> None:
    spec = mixture(layers=4, experts=8)
    weights = Weights(spec, "bfloat16")
    others = spec.head.parameters + sum(layer.parameters for layer in spec.layers)
    experts = 4 * 8 * spec.expert_groups[0][0].parameters
    slow_memory = replace(COMPUTER, memory_read=figure(1e6))
    for budget, share in ((1, 2 / 8), (2, 1 - (6 / 8) ** 2)):
        footprint = Footprint(weights, None, 1024, budget, on_cpu=True)
        speed = predict(footprint, place_on_cpu(footprint, 0, GIB), slow_memory)
        assert speed.seconds.compute == pytest.approx((others + share * experts) * 2 / 1e6 + 4 * DISPATCH)
    slow_arithmetic = replace(COMPUTER, matmul=figure(1e6))
    footprint = Footprint(weights, None, 1024, 64, on_cpu=True)
    speed = predict(footprint, place_on_cpu(footprint, 0, GIB), slow_arithmetic)
    assert speed.seconds.compute == pytest.approx(64 * 2 * (others + 2 / 8 * experts) / 1e6 + 4 * DISPATCH)


def test_of_streamed_experts_those_are_read_that_a_tree_is_expected_to_choose() -> None:
    spec = mixture(layers=4, experts=8)
    footprint = Footprint(Weights(spec, "bfloat16"), None, 1024, 8, on_cpu=True)
    placement = place_on_cpu(footprint, 0, footprint.process + 100 * MIB)
    assert set(placement.tiers.layers) == {Tier.RAM}
    kept = placement.tiers.experts.count(Tier.RAM)
    of_layer = sum(expert.bytes for expert in spec.expert_groups[0])
    expected = (4 - kept) * of_layer * (1 - (6 / 8) ** 8)
    rows = 8 * 256 * 2
    assert kept < 4
    assert placement.tiers.embedding is Tier.SSD
    assert placement.from_drive == pytest.approx(expected + rows, abs=4)


def test_drafting_adds_its_passes() -> None:
    plain, drafted = _footprint(64), _footprint(64, drafted=True)
    without = predict(plain, place_on_cpu(plain, 0, 64 * GIB), COMPUTER)
    with_draft = predict(drafted, place_on_cpu(drafted, 0, 64 * GIB), COMPUTER)
    reading = MOST_ROUNDS * DRAFT.spec.parameters * 2 / 40e9
    assert with_draft.seconds.draft == pytest.approx(reading + (MOST_ROUNDS * 16 + 64 * NODE) * DISPATCH)
    assert with_draft.seconds.compute == without.seconds.compute


def test_a_faster_drive_makes_a_streamed_plan_faster_until_computing_is_the_limit() -> None:
    footprint = _footprint(64)
    placement = place_on_cpu(footprint, 0, 6 * GIB)
    slow, fast, endless = (
        predict(footprint, placement, replace(COMPUTER, drive_read=figure(rate))) for rate in (1e9, 2e9, 1e12)
    )
    assert slow.low < fast.low < endless.low
    assert endless.limited_by == "compute"


def test_the_range_lies_around_tokens_over_seconds() -> None:
    footprint = _footprint(64, drafted=True)
    speed = predict(footprint, place_on_cpu(footprint, 0, 64 * GIB), COMPUTER)
    middle = speed.tokens_per_step / speed.seconds.total
    assert speed.low == pytest.approx((1 - MARGIN) * middle)
    assert speed.high == pytest.approx((1 + MARGIN) * middle)


def test_tokens_per_step_grow_ever_more_slowly_with_the_budget_and_say_that_they_are_assumed() -> None:
    tokens, source = tokens_per_step(64, drafted=True)
    assert tokens == pytest.approx(4.20, abs=0.02)
    assert "assumed" in source
    assert tokens_per_step(1, drafted=True)[0] == tokens_per_step(1, drafted=False)[0] == 1.0
    assert 1.0 < tokens_per_step(64, drafted=False)[0] < tokens
    gains = [tokens_per_step(2 * nodes, drafted=True)[0] - tokens_per_step(nodes, drafted=True)[0] for nodes in (8, 64)]
    assert gains == pytest.approx([0.45, 0.38], abs=0.01)
