"""The decode loop: grow, verify in one pass, walk, commit."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.decoding.report import StepSeconds
from core.decoding.verdict import Verdict, judge
from core.decoding.walk import walk
from core.drafting.drafter import Drafter, Outcome
from core.drafting.economy import Economy
from core.drafting.step_cost import StepSpan
from core.offload.offloaded_model import OffloadedModel
from core.sampling.sampler import Sampler
from core.trees.cache import TreeCache
from core.trees.token_tree import TokenTree


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did.

    Attributes:
        outcome: The walk through the tree; `outcome.choices` are the step's tokens before any limit is applied.
        verdict: What the target thought of the nodes and of its choices.
        source_seconds: What each source took of it, proposing and learning together.
        bytes_streamed, experts_streamed: Bytes of weights, and experts among them, that travelled in this pass.
    """

    tree: TokenTree
    outcome: Outcome
    verdict: Verdict
    seconds: StepSeconds
    source_seconds: Mapping[str, float]
    bytes_streamed: int
    experts_streamed: int


class Decoder:
    """Continues texts with a target and a drafter.

    The caches outlive a reply: the next text runs only what differs from the last one. One text at a time.

    Args:
        context: Most tokens of a text, prompt and reply together.
        max_budget: Most nodes of a tree.
        economy: What picks budgets where nobody fixed one; the drafter's own.
        cache: Of the target, with room for the text and a tree at least, if a drafter uses it too.
    """

    def __init__(
        self,
        target: OffloadedModel,
        drafter: Drafter,
        context: int,
        max_budget: int,
        economy: Economy | None = None,
        cache: TreeCache | None = None,
    ) -> None:
        self.target = target
        self.drafter = drafter
        self.context = context
        self.economy = economy or Economy()
        self._max_budget = max_budget
        self._cache = cache or target.new_cache(context + max_budget)

    def steps(self, prompt: Sequence[int], sampler: Sampler, budget: int | None, max_new_tokens: int) -> Iterator[Step]:
        """Yield steps until `max_new_tokens` are committed; whoever sees an end-of-sequence token stops asking.

        Args:
            prompt: At least one id, fewer than `context`.
            budget: Most nodes of each tree, root included; 1 is plain decoding. None leaves it, step by step, to what
                was measured.

        Raises:
            Cancelled, ReadFailed: The step in progress is lost, the committed text is not; the decoder stays usable.
        """
        text = list(prompt)
        self._cache.keep_prefix(text[:-1])
        end = len(prompt) + max_new_tokens
        self.economy.active = budget is None
        while len(text) < end:
            nodes = self.economy.budget(self._max_budget) if budget is None else budget
            step = self._step(text, sampler, nodes, end - len(text) - 1)
            text.extend(step.outcome.choices)
            yield step

    def _step(self, text: list[int], sampler: Sampler, budget: int, max_depth: int) -> Step:
        target, cache = self.target, self._cache
        weights = target.weights
        started, busy = time.perf_counter(), weights.busy_seconds
        tree = self.drafter.grow(text, budget, max_depth, sampler)
        drafted = time.perf_counter()
        hidden = min(drafted - started, weights.busy_seconds - busy)
        lent = weights.lent_seconds
        waited, streamed, experts = weights.wait_seconds, weights.bytes_streamed, weights.experts_streamed
        remainder = text[cache.length : -1]
        logits = target.run(cache, remainder, tree.tokens, tree.depths, tree.visibility(), meanwhile=self.drafter.ahead)
        verified = time.perf_counter()
        outcome = walk(tree, logits, sampler, text)
        root = cache.length + len(remainder)
        cache.commit(
            [*remainder, *(tree.tokens[node] for node in outcome.path)],
            [*range(cache.length, root), *(root + node for node in outcome.path)],
        )
        source_seconds = self.drafter.observe(tree, outcome, logits)
        verdict = judge(tree, outcome, logits)
        finished = time.perf_counter()
        ahead = weights.lent_seconds - lent
        wait = weights.wait_seconds - waited + ahead
        if self.economy.active and not remainder:  # reading a prompt says nothing about trees
            probabilities = [math.exp(score) for score in tree.scores]
            span = StepSpan(drafted - started, hidden, verified - drafted, wait, finished - started)
            self.economy.saw_step(probabilities, len(outcome.path) - 1, span)
        seconds = StepSeconds(
            draft=drafted - started,
            stream_wait=wait,
            compute=verified - drafted - wait,
            sample=finished - verified,
            hidden=hidden + ahead,
        )
        return Step(
            tree,
            outcome,
            verdict,
            seconds,
            source_seconds,
            weights.bytes_streamed - streamed,
            weights.experts_streamed - experts,
        )
