"""The facade: load a plan, write replies, report every step. Runs in whichever process imports it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import torch

from core.chat.tokenizer import Tokenizer
from core.decoding.decoder import Decoder, Step
from core.decoding.report import (
    FinishReason,
    NodeState,
    ReplySummary,
    SourceReport,
    Speculation,
    StepReport,
    TreeReport,
    report_sources,
    sum_sources,
)
from core.drafting.draft_model import ROWS_PER_NODE, DraftModel
from core.drafting.drafter import Drafter, NoDrafter
from core.drafting.economy import MANY, Economy
from core.drafting.making import make_drafter
from core.drafting.self_draft import SelfDraft
from core.engine.device import DeviceMemory, open_device
from core.engine.messages import Generate, Loaded, Loading
from core.engine.out_of_memory import explained_out_of_memory
from core.engine.reply_text import ReplyText
from core.errors import BadRequest, Cancelled, DoesNotFit, PromptTooLong, UnusableDraft, UnusableModel
from core.hub.pairing import draft_problem
from core.machine.own_memory import peak_resident_bytes, resident_bytes, return_large_blocks_at_once
from core.models.checkpoint import open_checkpoint
from core.models.spec import ModelSpec
from core.offload.captured_model import CapturedModel, capturable
from core.offload.low_bit import Kernel, low_bit_layer
from core.offload.offloaded_model import OffloadedModel
from core.offload.places import Places
from core.offload.substituted_model import SubstitutedModel
from core.planning.advice import larger_draft
from core.planning.placement import DEVICE_CONTEXT
from core.planning.plan import Plan, Tier
from core.quantize.substitutes import Substitutes
from core.sampling.sampler import Sampler
from core.sizes import format_size

_TELLING = 1.0
"""Seconds of loading from which on the time left can be told."""

DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float8_e4m3": torch.float8_e4m3fn,
}


class Engine:
    """A target, its drafter and their caches, placed as a plan says. For one thread, one reply at a time.

    Attributes:
        loaded: What was loaded, and anything lesser in use than the best.
        summary: The last reply, once `generate` is exhausted.
    """

    def __init__(
        self,
        plan: Plan,
        progress: Callable[[Loading], None] = lambda event: None,
        cancelled: Callable[[], bool] = lambda: False,
        noise_aware: bool = True,
        ahead: bool | None = None,
    ) -> None:
        """Load.

        Args:
            progress: Told how far it got.
            cancelled: Polled while loading; once it is true, the load ends.
            noise_aware: False ranks drafts without looking at the noise (plain SpecExec), to compare with.
            ahead: Whether next trees are grown ahead while weights are awaited; None leaves it to what pays.

        Raises:
            DoesNotFit, UnusableModel, UnusableDraft, BadRequest, ReadFailed, OutOfMemory; Cancelled.
        """
        started = time.perf_counter()
        return_large_blocks_at_once()
        if not plan.fits:
            raise DoesNotFit("The plan does not fit into memory.", " ".join(plan.warnings))
        self.plan = plan
        self._economy = Economy(MANY) if plan.streamed_layers else Economy()
        self._noise_aware = noise_aware
        self._ahead = ahead
        self.summary: ReplySummary | None = None
        self._cancelled = cancelled
        self._device = open_device(plan.device)
        self._device_memory = DeviceMemory(self._device, _device_limit(plan))
        with explained_out_of_memory():
            self._tokenizer = Tokenizer(plan.model)
            parts = _models_of(plan)
        bar = _LoadProgress(sum(places.loaded_bytes(spec) for spec, places in parts), progress)
        self._models: list[OffloadedModel] = []
        self._captured: CapturedModel | None = None
        try:
            with explained_out_of_memory():
                for spec, places in parts:
                    self._models.append(self._load(spec, places, bar))
                self._target, *drafts = self._models
                itself = self._self_draft(progress) if SelfDraft.name in plan.sources else None
                drafter = self._make_drafter(drafts, itself)
                cache = itself.borrowed.cache if itself is not None else None
                self._decoder = Decoder(self._target, drafter, plan.context, plan.budget, self._economy, cache)
        except BaseException:
            # Whatever ended the load, a cancel included: neither reading threads nor files may outlive it.
            self.close()
            raise
        self.loaded = Loaded(
            plan=plan,
            speculation=_speculation(drafter, plan),
            seconds=time.perf_counter() - started,
            ram_bytes=resident_bytes(),
            vram_bytes=self._device_memory.held(),
            notes=self._notes(),
        )

    def generate(self, request: Generate, cancelled: Callable[[], bool] = lambda: False) -> Iterator[StepReport]:
        """Write a reply, one step at a time; `summary` then describes it whole.

        Args:
            cancelled: Polled between layers; once it is true the reply ends, and its text so far stays.

        Raises:
            PromptTooLong, BadRequest, ReadFailed, OutOfMemory; UnusableModel, UnusableDraft for a chat template that
                cannot be used or scores that are no numbers.
        """
        with explained_out_of_memory():
            yield from self._write(request, cancelled)

    def _write(self, request: Generate, cancelled: Callable[[], bool]) -> Iterator[StepReport]:
        self._cancelled = cancelled
        self.summary = None
        started = time.perf_counter()
        prompt = self._prompt(request)
        limit = self.plan.context - len(prompt)
        if request.max_new_tokens is not None:
            limit = min(limit, request.max_new_tokens)
        sampler = Sampler(request.sampling, self._target.spec.vocabulary, self._device)
        # Where a reply is continued, what stands before it decides whether its first token begins with a space.
        before = prompt[-4:] if request.messages and request.messages[-1].role == "assistant" else ()
        text = ReplyText(self._tokenizer.stream(before), request.stop)
        tokens: list[int] = []
        reason: FinishReason | None = None
        first_seconds, first_tokens, steps = 0.0, 0, 0
        sources: dict[str, SourceReport] = {}
        try:
            for step in self._decoder.steps(prompt, sampler, self._budget(request), limit):
                committed, reason = self._cut(step.outcome.choices, limit - len(tokens))
                tokens.extend(committed)
                shown = text.add(committed)
                if text.stopped:
                    reason = FinishReason.STOP
                elif reason is not None:
                    shown += text.end()
                if steps == 0:
                    first_seconds, first_tokens = time.perf_counter() - started, len(committed)
                steps += 1
                report = self._report(steps - 1, step, committed, shown)
                sources = sum_sources((sources, report.sources))
                yield report
                if reason is not None:
                    break
        except Cancelled:
            reason = FinishReason.CANCELLED
            text.end()
        seconds = time.perf_counter() - started
        if reason is FinishReason.LENGTH and request.max_new_tokens != limit:
            reason = FinishReason.CONTEXT
        self.summary = ReplySummary(
            text=text.text,
            token_ids=tuple(tokens),
            finish_reason=reason or FinishReason.LENGTH,
            prompt_tokens=len(prompt),
            steps=steps,
            tokens_per_step=len(tokens) / steps if steps else 0.0,
            tokens_per_second=(len(tokens) - first_tokens) / (seconds - first_seconds) if steps > 1 else 0.0,
            seconds_to_first_token=first_seconds,
            seconds=seconds,
            peak_ram_bytes=peak_resident_bytes(),
            peak_vram_bytes=self._device_memory.peak(),
            speculation=self._speculation_now(request),
            seed=request.sampling.seed,
            sources=sources,
        )

    def close(self) -> None:
        """Stop reading and let all memory go."""
        for model in self._models:
            model.close()
        self._models.clear()

    def _load(self, spec: ModelSpec, places: Places, bar: _LoadProgress) -> OffloadedModel:
        bar.what = spec.name
        dtype, kv_dtype = DTYPES[self.plan.dtype], DTYPES[self.plan.kv_dtype]
        return OffloadedModel(spec, places, dtype, self._device, bar.advance, self._is_cancelled, kv_dtype=kv_dtype)

    def _self_draft(self, progress: Callable[[Loading], None]) -> SubstitutedModel:
        """The target with low-bit substitutes of its streamed layers, made now if they never were."""
        plan, target = self.plan, self._target
        cache = target.new_cache(plan.context + plan.budget + ROWS_PER_NODE * plan.budget + 1)
        layers, found = plan.streamed_layers, Substitutes(target.spec)
        total = sum(target.spec.layers[index].bytes for index in found.missing(layers))
        making = _LoadProgress(total, progress)
        making.what = f"the self-draft of {target.spec.name}, which is made once"
        kernel = Kernel(target.dtype, self._device)
        substitutes = {
            one.index: low_bit_layer(target.modules, one.index, one.group, one.stored, kernel)
            for one in found.load(layers, making.advance, self._is_cancelled)
        }
        return SubstitutedModel(target, cache, plan.budget, substitutes)

    def _make_drafter(self, drafts: Sequence[OffloadedModel], itself: SubstitutedModel | None) -> Drafter:
        sources = [source for source in self.plan.sources if source != DraftModel.name or drafts]
        if drafts and capturable(drafts[0]):
            self._captured = CapturedModel(drafts[0], ROWS_PER_NODE * self.plan.budget)
        return make_drafter(
            sources,
            self._captured or (drafts[0] if drafts else None),
            self.plan.context,
            self.plan.budget,
            self._target.spec.vocabulary,
            self.plan.growth,
            self._noise_aware,
            self._economy,
            self._target,
            self.plan.exit_layers,
            self._ahead,
            itself,
        )

    def _is_cancelled(self) -> bool:
        return self._cancelled()

    def _budget(self, request: Generate) -> int | None:
        """Nodes per tree; None leaves them to what is measured."""
        budget = request.budget
        if budget is not None and not 1 <= budget <= self.plan.budget:
            room = f"has room for 1 to {self.plan.budget}" if self.plan.sources else "drafts nothing"
            raise BadRequest(
                f"A budget of {budget} nodes was asked for, but the loaded plan {room}.",
                "Leave the budget open, or load another plan.",
            )
        return budget

    def _speculation_now(self, request: Generate) -> Speculation:
        """Whether trees are drafted at the end of a reply."""
        economy, speculation = self._economy, self.loaded.speculation
        if request.budget == 1:
            return Speculation(False, "the budget is one node", speculation.drafter)
        if request.budget is None and speculation.on and economy.off:
            plain, drafted = economy.plain_rate, economy.rate
            why = f"plain decoding is faster here: {plain:.3g} tokens a second against {drafted:.3g}"
            return Speculation(False, why, speculation.drafter)
        return speculation

    def _prompt(self, request: Generate) -> list[int]:
        if request.messages:
            prompt = self._tokenizer.encode_chat(request.messages)
        else:
            prompt = self._tokenizer.encode(request.prompt, special=True)
        if not prompt:
            raise BadRequest("The prompt is empty.", "Write something to continue.")
        if len(prompt) >= self.plan.context:
            more = self.plan.context < self._target.spec.context_limit
            raise PromptTooLong(
                f"The conversation has {len(prompt):,} tokens; the context holds {self.plan.context:,}.",
                "Shorten it, start a new chat, or load the model with a larger context."
                if more
                else "Shorten it or start a new chat: the model was made for no more.",
            )
        return prompt

    def _cut(self, choices: tuple[int, ...], room: int) -> tuple[tuple[int, ...], FinishReason | None]:
        """A step's tokens up to the end of the reply, if it lies among them."""
        for count, token in enumerate(choices[:room], start=1):
            if token in self._tokenizer.stop_ids:
                return choices[:count], FinishReason.END
        return choices[:room], FinishReason.LENGTH if len(choices) >= room else None

    def _report(self, index: int, step: Step, committed: tuple[int, ...], text: str) -> StepReport:
        tree, outcome, verdict = step.tree, step.outcome, step.verdict
        # Where a reply ends within the path, what the target agreed with beyond its end is no part of it.
        path = outcome.path[: len(committed) + 1]
        exit_token = outcome.choices[len(path) - 1]
        accepted = set(path)
        states = [NodeState.ACCEPTED if node in accepted else NodeState.NOT_TAKEN for node in range(len(tree))]
        states[0] = NodeState.ROOT
        piece = self._tokenizer.piece
        return StepReport(
            step=index,
            tree=TreeReport(
                tokens=tree.tokens,
                texts=tuple(piece(token) for token in tree.tokens),
                parents=tree.parents,
                probabilities=_rounded(tree.probabilities),
                scores=_rounded(tree.scores),
                ranks=tree.ranks,
                sources=tree.sources,
                states=tuple(states),
                exit_node=path[-1],
                exit_token=exit_token,
                exit_text=piece(exit_token),
                beliefs=_rounded(tree.beliefs),
                target_probabilities=_rounded(verdict.probabilities),
                target_ranks=verdict.ranks,
                exit_probability=verdict.choice_probabilities[len(path) - 1],
                exit_rank=verdict.choice_ranks[len(path) - 1],
            ),
            committed=committed,
            text=text,
            nodes=len(tree),
            depth=tree.depth,
            seconds=step.seconds,
            bytes_streamed=step.bytes_streamed,
            experts_streamed=step.experts_streamed,
            ram_bytes=resident_bytes(),
            vram_bytes=self._device_memory.held(),
            sources=report_sources(tree.sources, path, step.source_seconds, self._economy.share),
        )

    def _notes(self) -> tuple[str, ...]:
        """What is lesser in use than the best, in sentences."""
        reasons = {model.weights.buffered_reason for model in self._models} - {None}
        notes = [larger for draft in self._models[1:] if (larger := larger_draft(self._target.spec, draft.spec))]
        notes += [f"Weights are read through the page cache: {reason}." for reason in sorted(map(str, reasons))]
        if self._captured is not None and (refusal := self._captured.refusal):
            notes.append(f"Each pass of the draft is started kernel by kernel, which is slower: {refusal}.")
        pageable = self._target.weights.pageable_bytes
        if self._device.type == "cuda" and pageable:
            notes.append(
                f"The system refused to lock {format_size(pageable)} of weights into RAM: their copies are slower."
            )
        return tuple(notes)


def _rounded(values: Sequence[float]) -> tuple[float, ...]:
    """To five decimals: more says nothing, and makes reports half as long again to send and to keep."""
    return tuple(round(value, 5) for value in values)


def _device_limit(plan: Plan) -> int:
    """Bytes that torch may take of the accelerator; what its driver takes comes on top."""
    return next((use.limit - DEVICE_CONTEXT for use in plan.use if use.tier is Tier.VRAM), 0)


def _models_of(plan: Plan) -> list[tuple[ModelSpec, Places]]:
    """What a plan loads, and where to: the target, then a draft if there is one."""
    target = open_checkpoint(plan.model)
    if len(target.layers) != len(plan.layers):
        raise UnusableModel(
            f"{plan.model} holds another model than the one that was planned for.", "Choose it again to plan anew."
        )
    if plan.draft is None:
        return [(target, Places.of_target(plan))]
    draft = open_checkpoint(plan.draft)
    if problem := draft_problem(target, draft):
        raise UnusableDraft(problem, "Choose another draft, or none.")
    return [(target, Places.of_target(plan)), (draft, Places.of_draft(plan, draft))]


class _LoadProgress:
    """Adds up what was loaded. `what` names the model that is being loaded."""

    def __init__(self, total: int, report: Callable[[Loading], None]) -> None:
        self.what = ""
        self._total = total
        self._done = 0
        self._report = report
        self._started = time.perf_counter()

    def advance(self, loaded: int) -> None:
        self._done += loaded
        elapsed = time.perf_counter() - self._started
        left = elapsed * (self._total - self._done) / self._done if elapsed >= _TELLING else None
        self._report(Loading(self._done, self._total, self.what, left))


def _speculation(drafter: Drafter, plan: Plan) -> Speculation:
    if isinstance(drafter, NoDrafter):
        why = "no draft model is loaded" if "model" in plan.sources else "nobody was asked to draft"
        return Speculation(False, why, drafter.name)
    if plan.budget <= 1:
        return Speculation(False, "the budget is one node", drafter.name)
    return Speculation(True, f"{drafter.name} drafts trees of up to {plan.budget} nodes", drafter.name)
