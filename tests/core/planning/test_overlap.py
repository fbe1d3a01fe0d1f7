"""What the equation says of a pass whose weights arrive while it computes, against a pass followed layer by layer."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import pytest

from core.planning.memory import Footprint
from core.planning.placement import Placement, place_on_cpu
from core.planning.plan import Tier
from core.planning.speed import predict
from core.planning.weights import STAGING_SLOTS, Weights
from tests.core.planning.samples import GIB, figure, machine, model

TARGET = Weights(model(32, vocabulary=4096), "bfloat16")
LIMITS = (4, 6, 8, 10, 12, 13)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("rate", [0.8e9, 2e9, 6e9, 20e9, 60e9])
@pytest.mark.parametrize("budget", [1, 16, 64])
def test_the_equation_is_near_a_pass_followed_layer_by_layer(limit: int, rate: float, budget: int) -> None:
    footprint = Footprint(TARGET, None, context=1024, budget=budget, on_cpu=True)
    placement = place_on_cpu(footprint, 0, limit * GIB)
    seconds = predict(footprint, placement, replace(machine(), drive_read=figure(rate))).seconds
    followed = _followed(placement, seconds.stream, seconds.compute, seconds.sample)
    assert seconds.total - seconds.sample == pytest.approx(followed, rel=0.08)


def _followed(placement: Placement, stream: float, compute: float, between: float) -> float:
    """Seconds of the last of many passes.

    The weights of one layer travel at a time, in order, as far ahead as the ring has slots; a slot is free again when
    its layer is computed.
    """
    tiers = (*placement.tiers.layers, placement.tiers.head)
    count = sum(tier is Tier.SSD for tier in tiers)
    arriving = stream / max(1, count)
    arrived = list(accumulate([arriving] * STAGING_SLOTS))
    taken, now, begin = 0, -between, 0.0
    for _ in range(8):
        now = begin = now + between
        for tier in tiers:
            if tier is Tier.SSD:
                now = max(now, arrived[taken])
                taken += 1
            now += compute / len(tiers)
            if tier is Tier.SSD:
                arrived.append(max(arrived[-1], now) + arriving)
    return now - begin
