"""On an NVIDIA device the demo pair writes what the CPU writes by plain decoding, wherever its weights live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import pytest
import torch

from core.engine.engine import Engine
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.models.checkpoint import open_checkpoint
from core.models.transformer import Transformer
from core.offload import loading, page_locking, placed_weights
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from tests.benchmarks import demo
from tests.benchmarks.exactness import Reference
from tests.cuda.device import DEVICE, machine, needs_cuda

pytestmark = needs_cuda

QUESTIONS = [*demo.questions("documented")[:3], *demo.questions("made-up")[:1]]
TEMPERATURES = (0.0, 0.7)
TOKENS = 40
BUDGET = 64
NEAR = 1e-3
"""Two best scores closer than this say nothing: the device adds up in another order, with an exponential of its own."""

VRAM, RAM, SSD = Tier.VRAM, Tier.RAM, Tier.SSD
PLACEMENTS: dict[str, dict[str, Any]] = {
    "all in VRAM": {},
    "layers in RAM": {"layers": (RAM,)},
    "layers on the drive": {"layers": (SSD,)},
    "layers everywhere": {"layers": (VRAM, RAM, SSD)},
    "ends in RAM": {"embedding": RAM, "head": RAM},
    "all on the drive": {"layers": (SSD,), "embedding": SSD, "head": SSD},
    "keys and values in RAM": {"layers": (RAM, VRAM), "kv": RAM},
}

Replies = dict[tuple[str, float], list[int]]


@pytest.fixture(scope="module")
def expected() -> Replies:
    """Plain decoding on the CPU."""
    with demo.engine(1, drafted=False) as plain:
        return replies(plain)


def replies(engine: Engine) -> Replies:
    written = {}
    for question in QUESTIONS:
        for temperature in TEMPERATURES:
            for _ in engine.generate(demo.request(question, Sampling(temperature, seed=11), None, TOKENS)):
                pass
            assert engine.summary is not None
            written[question, temperature] = list(engine.summary.token_ids)
    return written


def assert_same(found: Replies, expected: Replies) -> None:
    """Equal token by token, but for near-ties, of which there are few."""
    parted = 0
    for (question, temperature), reply in expected.items():
        other = found[question, temperature]
        if reply != other:
            at = next(index for index, pair in enumerate(zip(reply, other, strict=False)) if pair[0] != pair[1])
            sampling = Sampling(temperature, seed=11)
            assert Reference().margin(question, reply[:at], sampling) < NEAR, (question, temperature, at)
            parted += 1
    assert parted <= 1


def planned(dtype: str = "float32", vram: int | None = None) -> Plan:
    request = Request(
        open_checkpoint(DEMO_TARGET),
        open_checkpoint(DEMO_DRAFT),
        str(DEVICE),
        demo.CONTEXT,
        vram_limit=vram,
        reserve=0,
        dtype=dtype,
        budget=BUDGET,
    )
    return make_plan(request, machine())


@contextmanager
def engine(**places: Any) -> Iterator[Engine]:
    """An engine whose target lives where this says; a tuple of tiers is repeated over the layers."""
    plan = planned()
    assert not plan.streamed_tiers
    layers = tuple(islice(cycle(places.pop("layers", (VRAM,))), len(plan.layers)))
    plan = replace(plan, layers=layers, experts=layers, staging_slots=2, reading_threads=2, **places)
    loaded = Engine(plan)
    try:
        yield loaded
    finally:
        loaded.close()


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_replies_are_those_of_plain_decoding_on_the_cpu(placement: str, expected: Replies) -> None:
    with engine(**PLACEMENTS[placement]) as loaded:
        assert_same(replies(loaded), expected)
        assert loaded._target.weights.pageable_bytes == 0


def test_replies_are_the_same_where_no_memory_may_be_locked(expected: Replies, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (loading, placed_weights):
        monkeypatch.setattr(module, "lock_pages", lambda buffer: False)
    with engine(layers=(RAM, SSD)) as loaded:
        assert loaded._target.weights.pageable_bytes > 0
        assert any("lock" in note for note in loaded.loaded.notes)
        assert_same(replies(loaded), expected)


def test_replies_are_the_same_where_only_the_ring_may_be_locked(
    expected: Replies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system lets two layers be locked; then the ring wants its share, which it gets from them."""
    lock, locked = page_locking.lock_pages, 0

    def grudging(buffer: Any) -> bool:
        nonlocal locked
        locked += 1
        return locked not in (3, 4) and lock(buffer)

    monkeypatch.setattr(placed_weights, "lock_pages", grudging)
    with engine(layers=(RAM,)) as loaded:
        assert loaded._target.weights.pageable_bytes > 0
        assert_same(replies(loaded), expected)


@pytest.mark.parametrize("layers", [(VRAM,), (RAM,), (VRAM, RAM, SSD)])
def test_no_layer_waits_for_the_device(layers: tuple[Tier, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    run_layer = Transformer.run_layer
    ran = 0

    def watched(self: Transformer, *arguments: Any) -> None:
        nonlocal ran
        ran += 1
        torch.cuda.set_sync_debug_mode("error")
        try:
            run_layer(self, *arguments)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    with engine(layers=layers) as loaded:
        monkeypatch.setattr(Transformer, "run_layer", watched)
        replies(loaded)
    assert ran > 100


def test_seconds_of_steps_add_up(expected: Replies) -> None:
    with engine(layers=(RAM, SSD)) as loaded:
        request = demo.request(QUESTIONS[0], Sampling(), None, TOKENS)
        for report in loaded.generate(request):
            assert report.seconds.stream_wait > 0
            assert report.seconds.compute >= 0


def test_bfloat16_writes_sense() -> None:
    loaded = Engine(planned("bfloat16"))
    for _ in loaded.generate(demo.request(QUESTIONS[0], Sampling(), None, TOKENS)):
        pass
    assert loaded.summary is not None
    with demo.engine(1, dtype="bfloat16", drafted=False) as plain:
        for _ in plain.generate(demo.request(QUESTIONS[0], Sampling(), None, TOKENS)):
            pass
    assert plain.summary is not None
    first = 8  # the two round differently, and part sooner or later
    assert loaded.summary.token_ids[:first] == plain.summary.token_ids[:first]
    loaded.close()
