"""One tree out of many sources: whoever proposed them, the budget goes to the nodes likeliest to be accepted."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import heapify, heappop, heappush, nlargest

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

_ROWS_PER_NODE = 3
"""Most candidates of which the draft model is asked per node of a tree."""

_GUESSES, _LEAST_GUESS = 64, 0.004
"""Next trees that are grown ahead at most, and how likely each must be at least: what is below comes to nothing."""


class TreeDrafter:
    """Grows trees from memories, asked about every candidate at once, and a draft model, asked in batches.

    Each source is calibrated by its own record. Where the draft model was not asked, a candidate is as likely as the
    memory that believes in it most says. Where it was, memories are hints to its ranking, which has learned what they
    are worth beside the model. So a source that is mostly wrong gets few nodes, and one that is mostly right spares the
    draft model work.

    While the target verifies a tree, the draft model can be asked what it will be asked for the next one: where the
    target may leave the tree, and by which token, is guessed from what all sources and the noise say, and from the
    likeliest such places on, trees are grown as if they had been reached. What the model said in vain is dropped; what
    it said of the place that the target did reach, it need not compute again. The tree is the same either way.

    Args:
        model: The draft model, or whatever else expands nodes, if there is one. It must expect a hint from each memory.
        memories: Sources that need no model.
        growth: What the model is asked, and which candidates make the tree.
        economy: While it is active: what passes cost, so that no more is drafted than pays.
        ahead: Whether next trees are grown ahead whenever there is time for it, or never. None: where drafting would
            otherwise hold up the weights.

    Attributes:
        name: Names of the sources, joined by "+".
    """

    def __init__(
        self,
        model: Expander | None,
        memories: Sequence[RankedMemory],
        growth: Growth,
        economy: Economy | None = None,
        ahead: bool | None = None,
    ) -> None:
        self.name = "+".join([*([model.name] if model else []), *(memory.name for memory in memories)])
        self._model = model
        self._memories = memories
        self._growth = growth
        self._economy = economy or Economy()
        self._ahead = ahead
        self._pool = CandidatePool(0, 1, 0)
        self._kept: list[int] = []
        self._exposed = 0.0  # seconds that the last tree would have taken if nothing had been drafted ahead
        self._known = 0  # times that the draft model was asked for it and knew all by then
        self._future: Iterator[None] = iter(())
        self._seconds: dict[str, float] = {}
        self._hidden: dict[str, float] = {}  # of drafting ahead
        # Who takes part in this step: a source that does not earn its time rests in most.
        self._awake = list(memories)
        self._expander = model

    def grow(self, context: Sequence[int], budget: int, max_depth: int, sampler: Sampler) -> TokenTree:
        self._seconds = {}
        self._hidden = {}
        self._awake, self._expander = list(self._memories), None
        if budget > 1 and max_depth > 0:
            takes_part = self._economy.takes_part
            self._awake = [memory for memory in self._memories if takes_part(memory.name)]
            self._expander = self._model if self._model is not None and takes_part(self._model.name) else None
        self._pool = pool = CandidatePool(context[-1], budget, max_depth, self._growth.prunes)
        self._future = iter(())
        for memory in self._awake:
            with self._timed(memory.name):
                memory.begin(context, sampler)
        if budget > 1 and max_depth > 0:
            if self._expander is not None:
                with self._timed(self._expander.name):
                    self._expander.begin(context, sampler)
            started, self._known = time.perf_counter(), 0
            for _ in self._growing(pool):
                pass
            self._exposed = time.perf_counter() - started + self._known * self._economy.draft_seconds
        tree, self._kept = pool.tree(self._worthwhile(self._growth.chosen(pool)))
        if self._expander is not None and len(tree) > 1 and self._ahead is not False:
            self._future = self._growing_ahead(self._expander, pool, self._kept)
        return tree

    def ahead(self, slack: float) -> bool:
        # A piece of work is more than a pass of the draft. And a tree costs nothing that is drafted while all slots are
        # filled, which takes about twice the slack, for there are two of them: then there is nothing to win.
        pays = 2 * self._economy.draft_seconds <= slack < self._exposed / 2
        if self._ahead is None and not pays:
            return False
        # What costs the step nothing is no reason to ask a source less.
        self._seconds, self._hidden = self._hidden, self._seconds
        try:
            return next(self._future, self) is not self
        finally:
            self._seconds, self._hidden = self._hidden, self._seconds

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> Mapping[str, float]:
        pool = self._pool
        if len(tree) > 1:
            path = [self._kept[node] for node in outcome.path]
            if self._expander is not None:
                hints = [self._hints(pool, node) for node in path]
                with self._timed(self._expander.name):
                    self._expander.observe(pool, path, outcome.choices, hints)
            for memory in self._awake:
                with self._timed(memory.name):
                    for node, choice in zip(path, outcome.choices, strict=True):
                        memory.learn(node, pool, choice)
            self._growth.observe(tree, outcome)
        for memory in self._awake:
            with self._timed(memory.name):
                memory.observe(tree, outcome, logits)
        if len(tree) > 1:
            self._economy.saw_sources(credits_by_source(tree, outcome.path), self._seconds)
        for name, seconds in self._hidden.items():
            self._seconds[name] = self._seconds.get(name, 0.0) + seconds
        return dict.fromkeys(self.name.split("+"), 0.0) | self._seconds

    def _growing(self, pool: CandidatePool) -> Iterator[None]:
        """Fill a pool, with a stop after each time that the draft model was asked."""
        self._search(pool, [0])
        if self._expander is None:
            return
        passes = 0
        while True:
            started = time.perf_counter()
            if self._economy.active:
                pool.price = self._economy.draft_price(passes)
            nodes = self._affordable(pool, self._growth.frontier(pool), self._expander)
            if not nodes:
                return
            ran = self._expand(pool, nodes, self._expander)
            passes += ran
            if pool is self._pool:
                if ran:
                    self._economy.saw_draft(time.perf_counter() - started)
                else:
                    self._known += 1
            yield

    def _growing_ahead(self, model: Expander, pool: CandidatePool, kept: Sequence[int]) -> Iterator[None]:
        """Ask the draft model what it will probably be asked for the next tree, with a stop after each time.

        Args:
            kept: The candidates that make the tree.
        """
        guesses: list[tuple[float, int, int]] = []
        inner = [node for node in kept if pool.depths[node] < pool.max_depth]
        inner.sort(key=lambda node: -pool.scores[node])
        for start in range(0, len(inner), model.at_once):
            nodes = sorted(inner[start : start + model.at_once])
            if len(nodes) > model.room:
                break
            guesses.extend(self._guesses(model, pool, nodes, set(kept)))
            yield
        for score, node, token in nlargest(_GUESSES, guesses):
            depth = pool.max_depth - pool.depths[node] - 1
            if score < math.log(_LEAST_GUESS):
                break
            if depth > 0:
                drafted = [*pool.drafted(node), token]
                yield from self._growing(CandidatePool(token, pool.budget, depth, self._growth.prunes, drafted))

    def _guesses(
        self, model: Expander, pool: CandidatePool, nodes: Sequence[int], kept: set[int]
    ) -> Iterator[tuple[float, int, int]]:
        """How the target may leave a tree at some of its nodes: log probability, node, and the token it takes there."""
        hints = [self._hints(pool, node) for node in nodes]
        with self._timed(model.name):
            answers = model.expand(nodes, pool, hints, self._growth.branch)
        for node, answer in zip(nodes, answers, strict=True):
            for token, log_probability in zip(answer.tokens, answer.log_probabilities, strict=True):
                if pool.children[node].get(token) not in kept:
                    yield pool.scores[node] + log_probability, node, token

    def _search(self, pool: CandidatePool, candidates: Sequence[int]) -> None:
        """Ask memories about candidates, the best first, and about what they propose, as far as it is good enough."""
        if not self._awake:
            return
        waiting = [(-pool.scores[node], node) for node in candidates]
        heapify(waiting)
        worst = pool.worst
        while waiting and pool.questions:
            score, node = heappop(waiting)
            if -score < worst:
                break  # so are all others and their children: none of them would make the tree
            if pool.depths[node] == pool.max_depth:
                continue
            pool.questions -= 1
            for child in self._ask(pool, node):
                heappush(waiting, (-pool.scores[child], child))

    def _ask(self, pool: CandidatePool, node: int) -> list[int]:
        """Ask all memories about one candidate. Returns its children."""
        names: dict[int, dict[str, float]] = {}
        for memory in self._awake:
            with self._timed(memory.name):
                for token, log_probability in memory.ask(node, pool):
                    names.setdefault(token, {})[memory.name] = log_probability
        best = sorted(((max(said.values()), token) for token, said in names.items()), reverse=True)
        pool.covered[node] = min(1.0, sum(math.exp(log_probability) for log_probability, _ in best))
        children = []
        for log_probability, token in best[: self._growth.branch]:
            child = pool.add(node, token, log_probability, names[token], firm=self._expander is None)
            if child is None:
                break
            children.append(child)
            for memory in self._awake:
                memory.took(node, pool, child)
        return children

    def _expand(self, pool: CandidatePool, nodes: Sequence[int], model: Expander) -> bool:
        """Ask the draft model about candidates, then memories about what it proposes.

        Returns:
            Whether that took a pass: it may have been asked before.
        """
        hints = [self._hints(pool, node) for node in nodes]
        room = model.room
        with self._timed(model.name):
            answers = model.expand(nodes, pool, hints, min(self._growth.branch, pool.budget))
        ran = model.room < room
        found = []
        for node, answer in zip(nodes, answers, strict=True):
            pool.expanded.add(node)
            pool.covered[node] = 1.0
            known = set(pool.children[node])
            score = pool.scores[node]
            for token, log_probability, own in zip(*answer, strict=True):
                if token not in known and score + log_probability < pool.threshold:
                    continue
                # What memories proposed is the model's too only if it would have made the tree by the model's word.
                agrees = token not in known or score + own >= pool.threshold
                names = {model.name: own} if agrees else {}
                child = pool.add(node, token, min(log_probability, 0.0), names, firm=True)
                if child is not None and token not in known:
                    found.append(child)
        if any(hints):
            pool.rescore()
        self._search(pool, found)
        return ran

    def _affordable(self, pool: CandidatePool, frontier: Sequence[int], model: Expander) -> list[int]:
        """The frontier with what must be expanded above it, as far as there is room; ascending."""
        room = min(model.room, _ROWS_PER_NODE * pool.budget - len(pool.expanded))
        nodes: set[int] = set()
        for node in frontier:
            path = [above for above in pool.unexpanded_path(node) if above not in nodes]
            if len(nodes) + len(path) > room:
                break
            nodes.update(path)
        return sorted(nodes)

    def _worthwhile(self, nodes: Sequence[int]) -> Sequence[int]:
        """Those nodes of a tree that are worth verifying: the likeliest ones, which are a tree too."""
        if not self._economy.active:
            return nodes
        likeliest = sorted(sorted(nodes), key=lambda node: -self._pool.scores[node])
        return likeliest[: self._economy.nodes([math.exp(self._pool.scores[node]) for node in likeliest])]

    def _hints(self, pool: CandidatePool, node: int) -> Hints:
        """What each memory says of the children of a candidate."""
        said: dict[int, list[float]] = {}
        for index, memory in enumerate(self._memories):
            if memory not in self._awake:
                continue
            with self._timed(memory.name):
                for token, probability in memory.beliefs(node, pool):
                    said.setdefault(token, [0.0] * len(self._memories))[index] = hint(probability)
        return {token: tuple(values) for token, values in said.items()}

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - started


def credits_by_source(tree: TokenTree, path: Sequence[int]) -> dict[str, int]:
    """Accepted tokens that would be missing without each source: from the first on that nobody else proposed."""
    brought: dict[str, int] = {}
    for place, node in enumerate(path[1:], start=1):
        name = tree.sources[node]
        if "+" not in name:
            brought.setdefault(name, len(path) - place)
    return brought
