"""What Auto chooses is nearly as fast as the best of all plans there are, found by trying every one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from core.machine.machine import Machine
from core.planning.memory import Footprint
from core.planning.placement import Tiers, place_on_cpu
from core.planning.plan import Request, Tier
from core.planning.planner import BUDGETS, make_plan
from core.planning.speed import predict
from core.planning.weights import Streams, Weights
from tests.core.planning.samples import MIB, draft, figure, machine, model

LAYERS = 5


def cases() -> Iterator[tuple[Request, Machine]]:
    """Fifty small models under limits between the least that runs and all."""
    chance = random.Random(20261121)
    while True:
        target = model(
            LAYERS,
            hidden=chance.choice((256, 512, 1024)),
            intermediate=chance.choice((1024, 2816)),
            vocabulary=chance.choice((4096, 32_000)),
            dtype=chance.choice(("BF16", "F32")),
            tied=chance.random() < 0.5,
        )
        helper = replace(draft(), layers=draft().layers[:1]) if chance.random() < 0.2 else None
        here = replace(
            machine(),
            drive_read=figure(chance.uniform(0.3e9, 6e9)),
            memory_read=figure(chance.uniform(10e9, 80e9)),
            matmul=figure(chance.uniform(50e9, 2e12)),
        )
        request = Request(target, helper, context=512, reserve=0)
        whole = make_plan(request, here)
        share = chance.random()
        limit = round(whole.minimum_limit + share * 1.1 * max(0, whole.resident_limit - whole.minimum_limit)) + MIB
        yield replace(request, ram_limit=limit), here


def fastest(request: Request, here: Machine) -> float:
    """The highest tokens per second of any budget and any set of parts that stay."""
    best = 0.0
    for budget in BUDGETS if request.draft else (1,):
        footprint = Footprint(
            Weights.of(request.model, "bfloat16"),
            Weights.of(request.draft, "bfloat16") if request.draft else None,
            request.context,
            budget,
            on_cpu=True,
        )
        for placement in every_placement(footprint, here, request.ram_limit or 0):
            best = max(best, predict(footprint, placement, here).tokens_per_second)
    return best


def every_placement(footprint: Footprint, here: Machine, limit: int):  # type: ignore[no-untyped-def]
    """All that fit, each as the planner would describe it."""
    target, engine = footprint.target, int(here.engine_bytes.value)
    base = engine + footprint.process + footprint.kv + footprint.draft_total + footprint.activations
    sizes, stored, tied = target.resident, target.stored, target.spec.tied_embeddings
    like = place_on_cpu(footprint, engine, limit)
    for kept in product((False, True), repeat=LAYERS + 2):
        layers, head, embedding = kept[:LAYERS], kept[LAYERS], kept[LAYERS + 1]
        if tied and head != embedding:
            continue
        streams = Streams(not all(layers), False, not head, not embedding)
        size = sum(one for one, stays in zip(sizes.layers, layers, strict=True) if stays)
        size += sizes.head * head + sizes.embedding * embedding
        if base + size + footprint.staging(streams) > limit:
            continue
        travels = sum(one for one, stays in zip(stored.layers, layers, strict=True) if not stays)
        travels += 0 if head else target.streamed_head
        travels += 0 if embedding else footprint.embedding_rows
        places = tuple(Tier.RAM if stays else Tier.SSD for stays in kept)
        tiers = Tiers(places[:LAYERS], places[:LAYERS], places[LAYERS + 1], places[LAYERS])
        yield replace(like, streams=streams, from_drive=travels, tiers=tiers)


@pytest.mark.parametrize("case", range(50))
def test_auto_is_within_five_percent_of_the_best_plan_there_is(case: int) -> None:
    generator = cases()
    for _ in range(case):
        next(generator)
    request, here = next(generator)
    best, plan = fastest(request, here), make_plan(request, here)
    assert best > 0
    assert plan.speed is not None
    assert plan.speed.tokens_per_second >= 0.95 * best
