"""A step and its nodes in words: for labels, the node card and screen readers."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from app.drafters import drafter_words
from app.planner.wording import seconds_words
from app.tree.history import accepted_path
from core.decoding.report import NodeState, StepReport, TreeReport

STATES = {
    NodeState.ROOT: "root: the last committed token",
    NodeState.ACCEPTED: "accepted",
    NodeState.NOT_TAKEN: "drafted, not taken",
}

_MARKS = str.maketrans({"\n": "⏎", "\r": "␍", "\t": "⇥"})


def label(text: str) -> str:
    """A token in a box: without the space before a word, with marks for what has no shape."""
    return text.strip(" ").translate(_MARKS) or "␣" * min(len(text), 4) or "∅"


def quoted(text: str) -> str:
    """A token or text as it is, every space and line end to be seen."""
    return "“" + text.replace("\n", "⏎").replace("\t", "⇥") + "”"


def percent(probability: float) -> str:
    """A probability as a person reads it."""
    if probability >= 0.995:
        return f"{probability:.1%}"
    return f"{probability:.0%}" if probability >= 0.095 else f"{probability:.1%}" if probability >= 0.001 else "< 0.1%"


@dataclass(frozen=True, slots=True)
class Card:
    """What the node card says: a title, what became of it, and up to six named facts."""

    title: str
    state: str
    facts: tuple[tuple[str, str], ...]


def node_card(tree: TreeReport, node: int, depth: int) -> Card:
    """The card of a node."""
    title, state = quoted(tree.texts[node]), STATES[tree.states[node]]
    if tree.states[node] is NodeState.ROOT:
        return Card(title, state, (("depth", "0"), ("id", f"{tree.tokens[node]:,}")))
    return Card(
        title,
        state,
        (
            ("draft probability", percent(tree.probabilities[node])),
            ("rank", f"{tree.ranks[node] + 1} of {tree.parents.count(tree.parents[node])}"),
            ("whole path", percent(exp(min(0.0, tree.scores[node])))),
            ("id", f"{tree.tokens[node]:,}"),
            ("depth", str(depth)),
            ("source", drafter_words(tree.sources[node])),
        ),
    )


def exit_card(tree: TreeReport, depth: int) -> Card:
    """The card of the target's own choice."""
    why = "the tree ended here" if tree.exit_node not in tree.parents else "not among the nodes drafted here"
    facts = (("depth", str(depth)), ("id", f"{tree.exit_token:,}"))
    return Card(quoted(tree.exit_text), f"the target's own choice: {why}", facts)


def fold_card(tree: TreeReport, hidden: tuple[int, ...], depth: int) -> Card:
    """The card of siblings folded into one."""
    likeliest = sorted(hidden, key=lambda node: -tree.probabilities[node])[:5]
    examples = " ".join(quoted(tree.texts[node]) for node in likeliest)
    return Card(f"{len(hidden)} improbable nodes", f"drafted, not taken, such as {examples}", (("depth", str(depth)),))


def step_facts(report: StepReport) -> tuple[tuple[str, str], ...]:
    """Size and time of a step."""
    return (
        ("nodes", f"{report.nodes:,}"),
        ("committed", str(len(report.committed))),
        ("time", seconds_words(report.seconds.total)),
    )


def describe(report: StepReport) -> str:
    """One step in one or two sentences: the text equivalent of the picture."""
    tree = report.tree
    drafted = report.nodes - 1
    ended = f"the target added {quoted(tree.exit_text)}"
    if drafted == 0:
        return f"Nothing was drafted; {ended}."
    nodes = f"{drafted:,} node{'s' if drafted > 1 else ''} drafted, {report.depth} deep"
    path = "".join(tree.texts[node] for node in accepted_path(tree))
    if not path:
        return f"{nodes}. None was accepted; {ended}."
    return f"{nodes}. Accepted {quoted(path)}, {ended}."
