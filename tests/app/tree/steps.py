"""Steps made up for the tree's tests: by hand for what must be exact, grown by chance for size."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from math import log

from hypothesis import strategies as st

from core.decoding.report import NodeState, StepReport, StepSeconds, TreeReport

TEXTS = (" the", " path", " of", "join", "\n", " components", ".", " a", " separator", "'/'")


def step(tree: TreeReport, number: int = 0) -> StepReport:
    """A step around a tree: commits its accepted path and the target's own token."""
    path = []
    node = tree.exit_node
    while node > 0:
        path.append(node)
        node = tree.parents[node]
    committed = (*(tree.tokens[node] for node in reversed(path)), tree.exit_token)
    depths = [0] * len(tree.parents)
    for node, parent in enumerate(tree.parents[1:], start=1):
        depths[node] = depths[parent] + 1
    text = "".join(tree.texts[node] for node in reversed(path)) + tree.exit_text
    seconds = StepSeconds(draft=0.02, stream_wait=0.01, compute=0.04, sample=0.002)
    return StepReport(number, tree, committed, text, len(tree.tokens), max(depths), seconds, 1 << 20, 0, 600 << 20, 0)


def tree(
    parents: tuple[int, ...],
    probabilities: tuple[float, ...] | None = None,
    accepted: tuple[int, ...] = (),
    texts: tuple[str, ...] | None = None,
    exit_text: str = " own",
    sources: tuple[str, ...] | None = None,
) -> TreeReport:
    """A tree by its parents; siblings are ranked in the order of their indices."""
    count = len(parents)
    probabilities = probabilities or (1.0, *[0.5] * (count - 1))
    scores, ranks = [0.0] * count, [0] * count
    for node, parent in enumerate(parents[1:], start=1):
        scores[node] = scores[parent] + log(probabilities[node])
        ranks[node] = parents[1:node].count(parent)
    states = [NodeState.ACCEPTED if node in accepted else NodeState.NOT_TAKEN for node in range(count)]
    return TreeReport(
        tokens=tuple(range(100, 100 + count)),
        texts=texts or tuple(TEXTS[node % len(TEXTS)] for node in range(count)),
        parents=parents,
        probabilities=probabilities,
        scores=tuple(scores),
        ranks=tuple(ranks),
        sources=sources or ("", *["model"] * (count - 1)),
        states=(NodeState.ROOT, *states[1:]),
        exit_node=accepted[-1] if accepted else 0,
        exit_token=999,
        exit_text=exit_text,
    )


def small_step(number: int = 0) -> StepReport:
    """Six nodes; 1 and 3 are accepted.

    0 ─ 1 ─ 3 ─ 5
      │   └ 4
      └ 2
    """
    texts = (" Join", " two", " more", " or", " of", " paths")
    return step(tree((-1, 0, 0, 1, 1, 3), (1.0, 0.8, 0.15, 0.6, 0.3, 0.9), (1, 3), texts, " more"), number)


def grown_step(nodes: int, seed: int = 7, number: int = 0) -> StepReport:
    """A tree of many nodes, grown best first as a drafter grows it, with its likeliest path accepted."""
    chance = random.Random(seed)
    parents, probabilities, scores = [-1], [1.0], [0.0]
    open_nodes = [0]
    while len(parents) < nodes:
        node = max(open_nodes, key=lambda candidate: scores[candidate])
        open_nodes.remove(node)
        left = 1.0
        for _ in range(min(chance.choice((2, 3, 4)), nodes - len(parents))):
            probability = left * chance.uniform(0.3, 0.8)
            left -= probability
            open_nodes.append(len(parents))
            parents.append(node)
            probabilities.append(probability)
            scores.append(scores[node] + log(probability))
    path = [0]
    while len(path) < 7 and path[-1] in parents:
        path.append(parents.index(path[-1]))
    grown = tree(tuple(parents), tuple(probabilities), tuple(path[1:]))
    return step(
        replace(
            grown,
            probabilities=_rounded(grown.probabilities),
            scores=_rounded(grown.scores),
            target_probabilities=_rounded([chance.random() ** 3 for _ in parents]),
            target_ranks=tuple(int(1 / chance.uniform(0.01, 1)) for _ in parents),
            exit_probability=0.5,
            exit_rank=0,
        ),
        number,
    )


def _rounded(values: Sequence[float]) -> tuple[float, ...]:
    """As the engine reports them."""
    return tuple(round(value, 5) for value in values)


@st.composite
def trees(draw: st.DrawFn, most: int = 40) -> TreeReport:
    """Any tree, from bushes to long thin ones, with any path of it accepted."""
    chances = st.sampled_from((0.9, 0.5, 0.2, 0.05, 0.009, 0.0001))
    reach = draw(st.sampled_from((2, 4, most)))
    drawn = draw(st.lists(st.tuples(st.integers(0, most - 1), chances), max_size=most - 1))
    parents = (-1, *(max(0, node - 1 - back % reach) for node, (back, _) in enumerate(drawn, start=1)))
    probabilities = (1.0, *(probability for _, probability in drawn))
    node = draw(st.integers(0, len(drawn)))
    path = []
    while node > 0:
        path.append(node)
        node = parents[node]
    return tree(parents, probabilities, tuple(reversed(path)))
