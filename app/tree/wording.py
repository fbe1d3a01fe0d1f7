"""A step and its nodes in words: for labels, the node card, the table and screen readers."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from app.drafters import drafter_words
from app.language import tr
from app.planner.wording import seconds_words
from app.tree.history import accepted_path, path_to
from core.decoding.report import NodeState, StepReport, TreeReport

STATES = {
    NodeState.ROOT: tr("root: the last committed token"),
    NodeState.ACCEPTED: tr("accepted"),
    NodeState.NOT_TAKEN: tr("drafted, not taken"),
}

SHORT_STATES = {
    NodeState.ROOT: tr("root"),
    NodeState.ACCEPTED: tr("accepted"),
    NodeState.NOT_TAKEN: tr("not taken"),
}

DEFINITIONS = {
    tr("draft"): tr("What the source that was surest of the token gave it by itself."),
    tr("chance"): tr("The chance that the target takes the token here, by all sources, the noise and their record."),
    tr("whole path"): tr("The chance that the target comes this far: the product of the chances from the root on."),
    tr("target"): tr("What the target gives the token here, before temperature and filters."),
    tr("target's rank"): tr("1 is the token that the target thinks likeliest here."),
    tr("draft's rank"): tr("1 is the best of the nodes drafted here."),
    tr("depth"): tr("How many tokens behind the last committed one."),
    tr("source"): tr("Who proposed the node; first who was surest of it."),
    tr("id"): tr("The token's number in the vocabulary."),
}

_MARKS = str.maketrans({" ": "·", "\n": "⏎", "\r": "␍", "\t": "⇥"})

Facts = tuple[tuple[str, str], ...]


def label(text: str) -> str:
    """A token in a box, with marks for spaces and what else has no shape."""
    return text.translate(_MARKS) or "∅"


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
    """What the node card says: a title, what became of it, the text up to it, and up to nine named facts."""

    title: str
    state: str
    text: str
    facts: Facts


def node_card(tree: TreeReport, node: int, depth: int) -> Card:
    """The card of a node."""
    title, state, text = quoted(tree.texts[node]), STATES[tree.states[node]], text_to(tree, node)
    if tree.states[node] is NodeState.ROOT:
        return Card(title, state, text, ((tr("depth"), "0"), (tr("id"), f"{tree.tokens[node]:,}")))
    siblings = tree.parents.count(tree.parents[node])
    return Card(
        title,
        state,
        text,
        (
            (tr("draft"), draft_words(tree, node)),
            (tr("draft's rank"), tr("{ranks} of {siblings}", ranks=tree.ranks[node] + 1, siblings=siblings)),
            (tr("source"), drafter_words(tree.sources[node])),
            (tr("target"), target_words(tree, node)),
            (tr("target's rank"), rank_words(tree, node)),
            (tr("depth"), str(depth)),
            (tr("chance"), percent(tree.probabilities[node])),
            (tr("whole path"), percent(exp(min(0.0, tree.scores[node])))),
            (tr("id"), f"{tree.tokens[node]:,}"),
        ),
    )


def draft_words(tree: TreeReport, node: int) -> str:
    """What the draft gave a node."""
    return percent(tree.beliefs[node] if tree.beliefs else tree.probabilities[node])


def target_words(tree: TreeReport, node: int) -> str:
    """The target's probability of a node; a dash where nobody recorded it."""
    return percent(tree.target_probabilities[node]) if tree.target_probabilities else "–"


def rank_words(tree: TreeReport, node: int) -> str:
    """The target's rank of a node; a dash where nobody recorded it."""
    return f"{tree.target_ranks[node] + 1:,}" if tree.target_ranks else "–"


def exit_card(tree: TreeReport, depth: int) -> Card:
    """The card of the target's own choice."""
    why = tr("the tree ended here") if tree.exit_node not in tree.parents else tr("not among the nodes drafted here")
    facts = [(tr("depth"), str(depth)), (tr("id"), f"{tree.exit_token:,}")]
    if tree.exit_probability is not None and tree.exit_rank is not None:
        facts = [
            (tr("target"), percent(tree.exit_probability)),
            (tr("target's rank"), f"{tree.exit_rank + 1:,}"),
            *facts,
        ]
    text = text_to(tree, tree.exit_node) + tree.exit_text
    return Card(quoted(tree.exit_text), tr("the target's own choice: {why}", why=why), text, tuple(facts))


def fold_card(tree: TreeReport, hidden: tuple[int, ...], depth: int) -> Card:
    """The card of siblings folded into one."""
    likeliest = sorted(hidden, key=lambda node: -tree.probabilities[node])[:5]
    examples = " ".join(quoted(tree.texts[node]) for node in likeliest)
    state = tr("drafted, not taken, such as {examples}", examples=examples)
    return Card(
        tr("{count} improbable nodes", count=len(hidden)),
        state,
        tr("Click to see them all."),
        ((tr("depth"), str(depth)),),
    )


def text_to(tree: TreeReport, node: int) -> str:
    """The text from the root's token to a node, both included."""
    return tree.texts[0] + drafted_text(tree, node)


def drafted_text(tree: TreeReport, node: int) -> str:
    """The text behind the root up to a node."""
    return "".join(tree.texts[above] for above in path_to(tree, node))


def step_facts(report: StepReport) -> Facts:
    """Size and time of a step, and what each source did in it."""
    sources = [
        (
            drafter_words(name),
            tr(
                "{accepted} of {nodes}, {seconds}",
                accepted=source.accepted,
                nodes=source.nodes,
                seconds=seconds_words(source.seconds),
            ),
        )
        for name, source in sorted(report.sources.items(), key=lambda item: -item[1].nodes)
    ]
    return (
        (tr("nodes"), f"{report.nodes:,}"),
        (tr("committed"), str(len(report.committed))),
        (tr("time"), seconds_words(report.seconds.total)),
        *sources[:3],
    )


def describe(report: StepReport) -> str:
    """One step in one or two sentences: the text equivalent of the picture."""
    tree = report.tree
    drafted = report.nodes - 1
    ended = tr("the target added {exit_text}", exit_text=quoted(tree.exit_text))
    if drafted == 0:
        return tr("Nothing was drafted; {ended}.", ended=ended)
    nodes = (
        tr("{drafted:,} nodes drafted, {depth} deep", drafted=drafted, depth=report.depth)
        if drafted > 1
        else tr("1 node drafted, 1 deep")
    )
    path = "".join(tree.texts[node] for node in accepted_path(tree))
    if not path:
        return tr("{nodes}. None was accepted; {ended}.", nodes=nodes, ended=ended)
    return tr("{nodes}. Accepted {path}, {ended}.", nodes=nodes, path=quoted(path), ended=ended)
