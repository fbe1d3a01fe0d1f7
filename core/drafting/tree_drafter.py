"""One tree out of many sources: whoever proposed them, the budget goes to the nodes likeliest to be accepted."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import heapify, heappop, heappush

from torch import Tensor

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.drafting.economy import Economy
from core.drafting.expander import Expander
from core.drafting.growth.growth import Growth
from core.drafting.ranked_memory import RankedMemory
from core.drafting.ranking import Hints, hint
from core.sampling.sampler import Sampler
from core.trees.token_tree import TokenTree


class TreeDrafter:
    """Grows trees from memories, asked about every candidate at once, and a draft model, asked in batches.

    Each source is calibrated by its own record. Where the draft model was not asked, a candidate is as likely as the
    memory that believes in it most says. Where it was, memories are hints to its ranking, which has learned what they
    are worth beside the model. So a source that is mostly wrong gets few nodes, and one that is mostly right spares the
    draft model work.

    Args:
        model: The draft model, or whatever else expands nodes, if there is one. It must expect a hint from each memory.
        memories: Sources that need no model.
        growth: What the model is asked, and which candidates make the tree.
        economy: While it is active: what passes cost, so that no more is drafted than pays.

    Attributes:
        name: Names of the sources, joined by "+".
    """

    def __init__(
        self,
        model: Expander | None,
        memories: Sequence[RankedMemory],
        growth: Growth,
        economy: Economy | None = None,
    ) -> None:
        self.name = "+".join([*([model.name] if model else []), *(memory.name for memory in memories)])
        self._model = model
        self._memories = memories
        self._growth = growth
        self._economy = economy or Economy()
        self._pool = CandidatePool(0, 1, 0)
        self._kept: list[int] = []
        self._questions = 0  # that memories may still be asked for this tree, besides for hints
        self._seconds: dict[str, float] = {}

    def grow(self, context: Sequence[int], budget: int, max_depth: int, sampler: Sampler) -> TokenTree:
        self._seconds = {}
        self._questions = budget
        self._pool = pool = CandidatePool(context[-1], budget, max_depth, self._growth.prunes)
        for memory in self._memories:
            with self._timed(memory.name):
                memory.begin(context, sampler)
        if budget > 1 and max_depth > 0:
            self._search([0])
            if self._model is not None:
                self._model.begin(context, budget, sampler)
                if self._economy.active:
                    pool.price = self._economy.draft_price
                while nodes := self._affordable(self._growth.frontier(pool), self._model):
                    self._expand(nodes, self._model)
        tree, self._kept = pool.tree(self._worthwhile(self._growth.chosen(pool)))
        return tree

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> Mapping[str, float]:
        pool = self._pool
        if len(tree) > 1:
            path = [self._kept[node] for node in outcome.path]
            if self._model is not None:
                hints = [self._hints(node) for node in path]
                with self._timed(self._model.name):
                    self._model.observe(pool, path, outcome.choices, hints)
            for memory in self._memories:
                with self._timed(memory.name):
                    for node, choice in zip(path, outcome.choices, strict=True):
                        memory.learn(node, pool, choice)
            self._growth.observe(tree, outcome)
        for memory in self._memories:
            with self._timed(memory.name):
                memory.observe(tree, outcome, logits)
        return self._seconds

    def _search(self, candidates: Sequence[int]) -> None:
        """Ask memories about candidates, the best first, and about what they propose, as far as it is good enough."""
        if not self._memories:
            return
        pool = self._pool
        waiting = [(-pool.scores[node], node) for node in candidates]
        heapify(waiting)
        worst = pool.worst
        while waiting and self._questions:
            score, node = heappop(waiting)
            if -score < worst:
                break  # so are all others and their children: none of them would make the tree
            if pool.depths[node] == pool.max_depth:
                continue
            self._questions -= 1
            for child in self._ask(node):
                heappush(waiting, (-pool.scores[child], child))

    def _ask(self, node: int) -> list[int]:
        """Ask all memories about one candidate. Returns its children."""
        pool = self._pool
        names: dict[int, dict[str, float]] = {}
        for memory in self._memories:
            with self._timed(memory.name):
                for token, log_probability in memory.ask(node, pool):
                    names.setdefault(token, {})[memory.name] = log_probability
        best = sorted(((max(said.values()), token) for token, said in names.items()), reverse=True)
        pool.covered[node] = min(1.0, sum(math.exp(log_probability) for log_probability, _ in best))
        children = []
        for log_probability, token in best[: self._growth.branch]:
            child = pool.add(node, token, log_probability, names[token], firm=self._model is None)
            if child is None:
                break
            children.append(child)
            for memory in self._memories:
                memory.took(node, pool, child)
        return children

    def _expand(self, nodes: Sequence[int], model: Expander) -> None:
        """Ask the draft model about candidates, then memories about what it proposes."""
        pool = self._pool
        hints = [self._hints(node) for node in nodes]
        started = time.perf_counter()
        with self._timed(model.name):
            answers = model.expand(nodes, pool, hints, min(self._growth.branch, pool.budget))
        self._economy.saw_draft(time.perf_counter() - started)
        found = []
        for node, answer in zip(nodes, answers, strict=True):
            pool.expanded.add(node)
            pool.covered[node] = 1.0
            known = set(pool.children[node])
            for token, log_probability, own in zip(*answer, strict=True):
                # What memories proposed is the model's too only if it would have made the tree by the model's word.
                agrees = token not in known or pool.scores[node] + own >= pool.threshold
                names = {model.name: own} if agrees else {}
                child = pool.add(node, token, min(log_probability, 0.0), names, firm=True)
                if child is not None and token not in known:
                    found.append(child)
        if any(hints):
            pool.rescore()
        self._search(found)

    def _affordable(self, frontier: Sequence[int], model: Expander) -> list[int]:
        """The frontier with what must be expanded above it, as far as the draft's cache has room; ascending."""
        nodes: set[int] = set()
        for node in frontier:
            path = [above for above in self._pool.unexpanded_path(node) if above not in nodes]
            if len(nodes) + len(path) > model.room:
                break
            nodes.update(path)
        return sorted(nodes)

    def _worthwhile(self, nodes: Sequence[int]) -> Sequence[int]:
        """Those nodes of a tree that are worth verifying: the likeliest ones, which are a tree too."""
        if not self._economy.active:
            return nodes
        likeliest = sorted(sorted(nodes), key=lambda node: -self._pool.scores[node])
        return likeliest[: self._economy.nodes([math.exp(self._pool.scores[node]) for node in likeliest])]

    def _hints(self, node: int) -> Hints:
        """What each memory says of the children of a candidate."""
        said: dict[int, list[float]] = {}
        for index, memory in enumerate(self._memories):
            with self._timed(memory.name):
                for token, probability in memory.beliefs(node, self._pool):
                    said.setdefault(token, [0.0] * len(self._memories))[index] = hint(probability)
        return {token: tuple(values) for token, values in said.items()}

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - started
