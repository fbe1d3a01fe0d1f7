"""Whatever keys and values are kept in: trees and plain decoding read the same, and take what was planned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from core.chat.message import Message
from core.engine.engine import DTYPES, Engine
from core.engine.messages import Generate
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Purpose, Request, Tier
from core.planning.planner import make_plan
from core.planning.weights import KV_BYTES
from core.sampling.settings import Sampling
from core.trees.cache import TreeCache

QUESTIONS = ("What does os.path.join do?", "What is the use of heapq.heappush?")


@pytest.fixture(scope="module", params=list(KV_BYTES))
def plan(request: pytest.FixtureRequest) -> Plan:
    pair = Request(
        open_checkpoint(DEMO_TARGET), open_checkpoint(DEMO_DRAFT), device="cpu", context=512, dtype="float32", budget=32
    )
    return make_plan(replace(pair, kv_dtype=request.param), probe_machine())


@pytest.fixture(scope="module")
def caches() -> list[TreeCache]:
    """All caches that were made while a module's tests ran."""
    return []


@pytest.fixture(scope="module")
def engine(plan: Plan, caches: list[TreeCache]) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        made = TreeCache.__init__

        def noted(cache: TreeCache, *settings: object, **named: object) -> None:
            made(cache, *settings, **named)  # type: ignore[arg-type]
            caches.append(cache)

        caches.clear()
        patch.setattr(TreeCache, "__init__", noted)
        engine = Engine(plan)
        yield engine
        engine.close()


@pytest.mark.parametrize(("question", "temperature"), [(QUESTIONS[0], 0.0), (QUESTIONS[1], 0.9)])
def test_a_tree_gives_what_plain_decoding_gives(engine: Engine, question: str, temperature: float) -> None:
    replies = []
    for budget in (1, 32):
        asked = Generate("r", (Message("user", question),), "", Sampling(temperature, seed=3), 24, budget=budget)
        list(engine.generate(asked))
        assert engine.summary is not None
        replies.append(engine.summary)
    plain, tree = replies
    assert plain.token_ids == tree.token_ids
    assert tree.steps < plain.steps


def test_what_was_planned_for_keys_and_values_is_what_they_take(
    engine: Engine, plan: Plan, caches: list[TreeCache]
) -> None:
    list(engine.generate(Generate("r", (Message("user", QUESTIONS[0]),), max_new_tokens=8)))
    target, draft = (
        next(cache for cache in caches if len(cache._keys) == len(open_checkpoint(folder).layers))
        for folder in (DEMO_TARGET, DEMO_DRAFT)
    )
    ram = next(use for use in plan.use if use.tier is Tier.RAM)
    assert allocated(target, plan.kv_dtype) == ram.bytes[Purpose.KV]
    weights = sum(group.parameters for group in open_checkpoint(DEMO_DRAFT).groups) * 4
    assert allocated(draft, plan.kv_dtype) == ram.bytes[Purpose.DRAFT] - weights


def allocated(cache: TreeCache, dtype: str) -> int:
    """Bytes of a cache, all of them in one dtype."""
    buffers = (*cache._keys, *cache._values)
    assert {buffer.dtype for buffer in buffers} == {DTYPES[dtype]}
    return sum(buffer.nbytes for buffer in buffers)


def test_what_is_kept_is_rounded_once_and_stays_as_it_is() -> None:
    rows = torch.randn(1, 2, 6, 8) * 300
    for name in KV_BYTES:
        cache = TreeCache(1, 2, 8, capacity=20, dtype=DTYPES[name], device="cpu")
        cache.rows = 6
        first, _ = cache.update(rows, rows, 0)
        first = first.clone()
        largest = torch.finfo(DTYPES[name]).max
        assert torch.equal(first.float(), rows.clamp(-largest, largest).to(DTYPES[name]).float())
        cache.commit([1, 2, 3], [0, 2, 5])
        cache.rows = 1
        again, _ = cache.update(rows[:, :, :1], rows[:, :, :1], 0)
        assert torch.equal(again.float()[:, :, :3], first.float()[:, :, [0, 2, 5]])
        assert not again.float().isnan().any()
