"""What a step and a reply did, as plain data for windows, logs and benchmarks. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class NodeState(StrEnum):
    """What became of a node."""

    ROOT = "root"
    ACCEPTED = "accepted"
    NOT_TAKEN = "not_taken"


class FinishReason(StrEnum):
    """Why a reply ended."""

    END = "end"
    STOP = "stop"
    LENGTH = "length"
    CONTEXT = "context"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TreeReport:
    """The tree of one step as flat arrays, one entry per node; node 0 is the root, parents precede children.

    Attributes:
        parents: Index of each node's parent, -1 for the root.
        probabilities: The drafter's probability of the node's token given its parent (1 for the root).
        scores: Log probability of the path from the root.
        ranks: 0 for the drafter's best child of a parent, 1 for the next.
        sources: Who proposed the node: names joined by "+", first who believed in it most ("model", "lookup+model", …;
            "" for the root).
        exit_node: The last accepted node: the one at which the target went its own way.
        exit_token, exit_text: What the target itself chose there. It is committed unless the reply ended before it.
        beliefs: What the surest source of each node gives its token by itself; `probabilities` is what all sources, the
            noise and their record make of it. Empty where one source is all there is.
        target_probabilities, target_ranks: What the target thought of each node, given the text above it: see
            `core.decoding.verdict`. Empty where nobody asked.
        exit_probability, exit_rank: The same of `exit_token`.
    """

    tokens: tuple[int, ...]
    texts: tuple[str, ...]
    parents: tuple[int, ...]
    probabilities: tuple[float, ...]
    scores: tuple[float, ...]
    ranks: tuple[int, ...]
    sources: tuple[str, ...]
    states: tuple[NodeState, ...]
    exit_node: int
    exit_token: int
    exit_text: str
    beliefs: tuple[float, ...] = ()
    target_probabilities: tuple[float, ...] = ()
    target_ranks: tuple[int, ...] = ()
    exit_probability: float | None = None
    exit_rank: int | None = None


@dataclass(frozen=True, slots=True)
class StepSeconds:
    """Wall seconds of one step by cause: they add up to the step.

    Attributes:
        draft: Until the tree was there.
        stream_wait: For weights, in the target's pass.
        hidden: Seconds of drafting during which weights were arriving, so that it cost nothing: of `draft`, while the
            first layers were read ahead, and of `stream_wait`, where next trees were grown ahead. No cause of its own.
    """

    draft: float
    stream_wait: float
    compute: float
    sample: float
    hidden: float = 0.0

    @property
    def total(self) -> float:
        return self.draft + self.stream_wait + self.compute + self.sample


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one source did in a step. A node that several proposed counts for each.

    Attributes:
        nodes: Nodes of the tree that it proposed.
        accepted: Those among them that the target agreed with.
        seconds: Proposing and learning together; part of the step's, though not all of them are drafting's.
        share: Of steps in which it takes part at present: below 1 while it costs more time than it saves.
    """

    nodes: int
    accepted: int
    seconds: float
    share: float = 1.0


def report_sources(
    sources: Sequence[str],
    path: Collection[int],
    seconds: Mapping[str, float],
    share: Callable[[str], float] = lambda source: 1.0,
) -> dict[str, SourceReport]:
    """What each source did in a step.

    Args:
        sources: Of each node, as in `TreeReport`.
        path: Accepted nodes, the root among them.
        seconds: Of each source; those that proposed nothing included.
        share: Of steps in which a source takes part.
    """
    nodes, accepted = dict.fromkeys(seconds, 0), dict.fromkeys(seconds, 0)
    for node, names in enumerate(sources):
        for name in names.split("+") if names else ():
            nodes[name] = nodes.get(name, 0) + 1
            accepted[name] = accepted.get(name, 0) + (node in path)
    return {name: SourceReport(nodes[name], accepted[name], seconds.get(name, 0.0), share(name)) for name in nodes}


def sum_sources(parts: Iterable[Mapping[str, SourceReport]]) -> dict[str, SourceReport]:
    """What each source did in several steps or replies, in order: nodes, accepted and seconds add up."""
    total: dict[str, SourceReport] = {}
    for part in parts:
        for name, one in part.items():
            before = total.get(name, SourceReport(0, 0, 0.0))
            total[name] = SourceReport(
                before.nodes + one.nodes, before.accepted + one.accepted, before.seconds + one.seconds, one.share
            )
    return total


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step: a tree, what was committed of it, and what it cost.

    Attributes:
        step: 0 for the first step of the reply.
        committed: Accepted tokens and the target's own, in order; `text` is what they add to the reply.
        nodes: Nodes of the tree, root included. `depth`: its deepest level, the root being 0.
        bytes_streamed: Bytes of weights that travelled in this pass.
        experts_streamed: How many experts were among them; 0 for models without.
        ram_bytes, vram_bytes: What the engine process holds after the step.
        sources: What each source did.
    """

    step: int
    tree: TreeReport
    committed: tuple[int, ...]
    text: str
    nodes: int
    depth: int
    seconds: StepSeconds
    bytes_streamed: int
    experts_streamed: int
    ram_bytes: int
    vram_bytes: int
    sources: dict[str, SourceReport] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Speculation:
    """Whether trees are drafted, by whom, and if not, why not."""

    on: bool
    why: str
    drafter: str


@dataclass(frozen=True, slots=True)
class ReplySummary:
    """A finished reply.

    Attributes:
        tokens_per_step: Committed tokens / steps.
        tokens_per_second: Decoding only: the first step, which also reads the prompt, is left out with its tokens.
        peak_ram_bytes, peak_vram_bytes: Measured by the system, over the life of the engine process.
        sources: What each source did in all steps; its share is that of the last.
    """

    text: str
    token_ids: tuple[int, ...]
    finish_reason: FinishReason
    prompt_tokens: int
    steps: int
    tokens_per_step: float
    tokens_per_second: float
    seconds_to_first_token: float
    seconds: float
    peak_ram_bytes: int
    peak_vram_bytes: int
    speculation: Speculation
    seed: int
    sources: dict[str, SourceReport] = field(default_factory=dict)
