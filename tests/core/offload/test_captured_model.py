"""Passes of static shapes say and write what ordinary ones do, wherever the text goes and however the draft grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.drafting.draft_rows import TEXT, DraftRows
from core.offload import captured_model
from core.offload.captured_model import CapturedModel, StaticPasses, capturable
from core.offload.offloaded_model import OffloadedModel
from core.planning.plan import Tier
from core.trees.cache import TreeCache
from tests.core.random_models import VOCABULARY, load, save_random

WINDOW = 7
"""Shorter than the texts, and than some trees are deep."""
SLIDING = {"sliding_window": WINDOW, "head_dim": 12}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "Llama": ("llama", {}),
    "Qwen3": ("qwen3", {"head_dim": 12}),
    "Mistral": ("mistral", SLIDING),
    "Gemma 2": ("gemma2", SLIDING | {"attn_logit_softcapping": 2.0, "final_logit_softcapping": 6.0}),
    "Gemma 3": ("gemma3_text", SLIDING | {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}),
}
CONTEXT, MOST = 45, 40
PROMPT = [3, 14, 15, 9, 26, 5, 35, 8, 58, 9, 7, 9]
REACHES = (16, 40)
"""So that passes of these texts look at the first slots, at more, and at all."""


class Static(CapturedModel):
    """Computes passes of static shapes on the CPU, where nothing can be captured."""

    cache: TreeCache

    def new_cache(self, capacity: int) -> TreeCache:
        self.cache = super().new_cache(capacity)
        assert self.refusal
        self._passes = StaticPasses(self._model, self.cache, self._most)
        return self.cache


@pytest.fixture(scope="module", params=FAMILIES)
def draft(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OffloadedModel]:
    family, changes = FAMILIES[request.param]
    model = load(save_random(tmp_path_factory.mktemp("draft"), family, changes))
    yield model
    model.close()


@pytest.fixture(autouse=True)
def _several_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captured_model, "REACHES", REACHES)


def grow(rows: DraftRows, paths: Sequence[Sequence[int]]) -> None:
    """Add paths from the end of the text, as far as there is room, and run what is new of them."""
    for path in paths:
        place = TEXT
        for token in path:
            if rows.find(place, token) is None and not rows.room:
                break
            place = rows.add(place, token)
    rows.run()


def assert_same_slots(static: TreeCache, plain: TreeCache, slots: int) -> None:
    """All keys and values of the text and the rows behind it."""
    for ours, theirs in zip((*static._keys, *static._values), (*plain._keys, *plain._values), strict=True):
        torch.testing.assert_close(ours[:, :, :slots], theirs[:, :, :slots], atol=1e-4, rtol=1e-4)


paths = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=12), max_size=8)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(paths, paths, st.lists(st.integers(0, 5), max_size=3)), min_size=1, max_size=4))
def test_static_passes_are_ordinary_ones(
    draft: OffloadedModel, moves: list[tuple[list[list[int]], list[list[int]], list[int]]]
) -> None:
    """A tree is grown in two passes, then the text goes on, mostly along it; and so on."""
    model = Static(draft, MOST)
    static, plain = DraftRows(model, CONTEXT, MOST), DraftRows(draft, CONTEXT, MOST)
    cache = plain._cache
    assert isinstance(cache, TreeCache)
    text = list(PROMPT)
    for first, second, then in moves:
        for rows in (static, plain):
            rows.follow(text)
            rows.read_text(text)
            grow(rows, first)
            grow(rows, second)
        places = range(TEXT, len(plain))
        torch.testing.assert_close(static.scores(places), plain.scores(places), atol=1e-4, rtol=1e-4)
        assert model.cache._filled == cache._filled
        assert_same_slots(model.cache, cache, len(text) + len(plain))
        text = [*text, *then]


@pytest.mark.parametrize("nodes", [1, 2, 4, 5, 15, 16])
def test_rows_beyond_the_nodes_leave_no_trace(draft: OffloadedModel, nodes: int) -> None:
    """Not in the slots behind the nodes, which nobody has written, nor in what the nodes say."""
    model = Static(draft, MOST)
    cache = model.new_cache(CONTEXT + MOST)
    alone = torch.ones(1, 1, dtype=torch.bool)
    draft.run(cache, PROMPT[:-1], PROMPT[-1:], [0], alone)
    cache.commit(PROMPT, range(len(PROMPT)))
    before = [buffer.clone() for buffer in (*cache._keys, *cache._values)]
    tokens, visible = [token + 1 for token in range(nodes)], torch.eye(nodes, dtype=torch.bool)
    scores = model.run(cache, [], tokens, [0] * nodes, visible)
    assert scores.shape == (nodes, VOCABULARY)
    first = len(PROMPT)
    for buffer, old in zip((*cache._keys, *cache._values), before, strict=True):
        assert torch.equal(buffer[:, :, :first], old[:, :, :first])
        assert torch.equal(buffer[:, :, first + nodes :], old[:, :, first + nodes :])
    expected = draft.run(cache, [], tokens, [0] * nodes, visible)
    torch.testing.assert_close(scores, expected, atol=1e-4, rtol=1e-4)


class Trace(TorchDispatchMode):
    """What torch is asked to compute, from tensors of which shapes and, unless they were computed too, where."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.asked: list[object] = []
        self._made: list[Tensor] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        places = {made.untyped_storage().data_ptr() for made in self._made}
        given = [leaf for leaf in tree_leaves((args, kwargs or {})) if isinstance(leaf, Tensor)]
        for tensor in given:
            at = tensor.untyped_storage().data_ptr()
            # A single number that is nobody's weight goes along by its value.
            self.asked.append((func, tensor.shape, tensor.stride(), at if tensor.dim() and at not in places else None))
        before = {tensor.untyped_storage().data_ptr() for tensor in given}
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            assert isinstance(leaf, Tensor), f"{func} waits for a number"
            if leaf.untyped_storage().data_ptr() not in before:
                self._made.append(leaf)  # kept, or its memory would be used again
        return made


def test_every_pass_of_a_shape_is_the_same_work_on_the_same_memory(draft: OffloadedModel) -> None:
    """Which is what a graph can be captured of: nothing asks for a number, nothing depends on one."""
    model = Static(draft, MOST)
    cache = model.new_cache(CONTEXT + MOST)
    passes = model._passes
    assert passes is not None
    asked = []
    for text, nodes in (([], 3), (PROMPT[:5], 4), ([7, 7], 2)):
        cache.commit(text, range(cache.length, cache.length + len(text)))
        shape = passes._give(range(nodes), range(nodes), torch.ones(nodes, nodes + 1, dtype=torch.bool).tril_(1))
        assert shape == (4, REACHES[0])
        with Trace() as trace:
            passes._compute(*shape)
        asked.append(trace.asked)
    assert len(asked[0]) > 50
    assert asked[0] == asked[1] == asked[2]


def test_what_is_captured_before_any_pass_is_given_leaves_numbers(draft: OffloadedModel) -> None:
    """In the smallest cache there can be, too."""
    cache = draft.new_cache(8)
    passes = StaticPasses(draft, cache, 6)
    for rows in captured_model.ROWS:
        passes._compute(rows, 8)
    assert all(bool(buffer.isfinite().all()) for buffer in (*cache._keys, *cache._values))
    alone = torch.ones(1, 1, dtype=torch.bool)
    scores = passes.run([3], [0], alone)
    torch.testing.assert_close(scores, draft.run(draft.new_cache(8), [], [3], [0], alone), atol=1e-4, rtol=1e-4)


def test_later_passes_do_not_change_what_was_returned(draft: OffloadedModel) -> None:
    model = Static(draft, MOST)
    cache = model.new_cache(CONTEXT + MOST)
    alone = torch.ones(1, 1, dtype=torch.bool)
    scores = model.run(cache, [], [3], [0], alone)
    kept = scores.clone()
    model.run(cache, [], [4], [0], alone)
    assert torch.equal(scores, kept)


def test_what_lies_in_slots_that_are_not_seen_does_not_matter(draft: OffloadedModel) -> None:
    model = Static(draft, MOST)
    cache = model.new_cache(CONTEXT + MOST)
    alone = torch.ones(1, 1, dtype=torch.bool)
    expected = model.run(cache, [], [3], [0], alone)
    for buffer in (*cache._keys, *cache._values):
        buffer.uniform_(-50, 50)
    torch.testing.assert_close(model.run(cache, [], [3], [0], alone), expected, atol=1e-4, rtol=1e-4)


def test_without_a_device_passes_are_run_as_they_were(draft: OffloadedModel) -> None:
    assert not capturable(draft)
    model = CapturedModel(draft, MOST)
    rows = DraftRows(model, CONTEXT, MOST)
    assert model.refusal
    rows.follow(PROMPT)
    rows.read_text(PROMPT)
    grow(rows, [[1, 2], [3]])
    plain = DraftRows(draft, CONTEXT, MOST)
    plain.follow(PROMPT)
    plain.read_text(PROMPT)
    grow(plain, [[1, 2], [3]])
    assert torch.equal(rows.scores([TEXT, 0, 1, 2]), plain.scores([TEXT, 0, 1, 2]))


def test_only_what_is_resident_as_a_whole_is_captured(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = save_random(tmp_path_factory.mktemp("draft"), "llama", {})
    for ends, streamed, resident in ((Tier.RAM, (), True), (Tier.SSD, (), False), (Tier.RAM, (1,), False)):
        model = load(folder, streamed, ends=ends)
        assert model.resident == resident
        model.close()
