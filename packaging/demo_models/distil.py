"""Teaches the draft to say what the target would say, from soft targets computed once.

The target's 32 likeliest tokens and their log-probabilities hold nearly all it has to teach; what remains is lumped
into one more class. With them on file, an epoch costs only the small draft's own work. The text is of three kinds: the
corpus, the target's own samples about documented names, and its inventions about names that do not exist, where it is
uncertain and the draft has to be uncertain in the same way.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from answers import answer
from chats import Rounds, system_messages
from corpus import Entry
from loop import Schedule, compiled, train
from packing import IGNORED, Exchange, Packer, Row
from questions import ask_name, made_up_names

LENGTH = 512
ROWS_A_STEP = 2
LIKELIEST = 32


@dataclass(frozen=True)
class Mixture:
    """How much of each kind of text goes into the soft targets."""

    corpus_rounds: int = 2
    sampled: int = 800
    invented: int = 2000
    invented_greedily: int = 700


@dataclass(frozen=True)
class SoftTargets:
    """What the target says to each row, over N rows of L tokens.

    Attributes:
        ids: the text, int16[N, L].
        spoken: bool[N, L], True where the *next* token is the assistant's.
        tokens: the likeliest next tokens, int16[N, L, LIKELIEST].
        logprobs: their log-probabilities, float16[N, L, LIKELIEST].
    """

    ids: Tensor
    spoken: Tensor
    tokens: Tensor
    logprobs: Tensor


def distillation_rows(
    target: LlamaForCausalLM,
    entries: list[Entry],
    rounds: Rounds,
    packer: Packer,
    mixture: Mixture,
    forbidden: set[str],
    seed: int,
) -> list[Row]:
    """The three kinds of text, packed; names in `forbidden` are kept for the evaluation."""
    draw = random.Random(f"{seed} distillation")
    documented = [ask_name(entry.name, entry.kind, draw) for entry in draw.sample(entries, mixture.sampled)]
    names = made_up_names(entries, draw)
    made_up = [
        ask_name(name, kind, draw)
        for name, kind in islice(names, mixture.invented + mixture.invented_greedily)
        if name not in forbidden
    ]
    exchanges = _exchanges(target, packer, documented + made_up[: mixture.invented], 1.0, seed)
    exchanges += _exchanges(target, packer, made_up[mixture.invented :], 0.0, seed)
    draw.shuffle(exchanges)
    first = 1_000_000  # rounds that the target has not seen in these wordings
    rows = list(packer.rows(exchanges, system_messages(seed, first), LENGTH))
    for number in range(first, first + mixture.corpus_rounds):
        corpus = packer.exchanges(rounds.turns(number))
        rows += packer.rows(corpus, system_messages(seed, number), LENGTH)
    return rows


@torch.inference_mode()
def soft_targets(target: LlamaForCausalLM, rows: list[Row]) -> SoftTargets:
    """Runs the target once over the rows."""
    parts: list[tuple[Tensor, Tensor]] = []
    ids = torch.tensor([row.ids for row in rows])
    labels = torch.tensor([row.labels for row in rows])
    for batch in ids.split(4):
        logits = target(input_ids=batch.to(target.device)).logits.float()
        best = logits.topk(LIKELIEST, -1)
        logprobs = best.values - logits.logsumexp(-1, keepdim=True)
        parts.append((best.indices.to(torch.int16).cpu(), logprobs.to(torch.float16).cpu()))
    spoken = torch.zeros_like(labels, dtype=torch.bool)
    spoken[:, :-1] = labels[:, 1:] != IGNORED
    tokens, logprobs = (torch.cat(part) for part in zip(*parts, strict=True))
    return SoftTargets(ids.to(torch.int16), spoken, tokens, logprobs)


def distillation_loss(logits: Tensor, spoken: Tensor, tokens: Tensor, logprobs: Tensor) -> Tensor:
    """Mean KL divergence from the target to the draft over the spoken places, the unlisted tokens as one class."""
    taught = logprobs.float()
    learned = torch.log_softmax(logits.float(), -1).gather(-1, tokens.long())
    rest_taught = (1.0 - taught.exp().sum(-1)).clamp_min(1e-6)
    rest_learned = (1.0 - learned.exp().sum(-1)).clamp_min(1e-6)
    divergence = (taught.exp() * (taught - learned)).sum(-1) + rest_taught * (rest_taught / rest_learned).log()
    return (divergence * spoken).sum() / spoken.sum()


def train_draft(draft: LlamaForCausalLM, taught: SoftTargets, schedule: Schedule, checkpoint: Path, seed: int) -> None:
    """Trains in place, resuming from the checkpoint."""

    @compiled
    def loss_of(ids: Tensor, spoken: Tensor, tokens: Tensor, logprobs: Tensor) -> Tensor:
        return distillation_loss(draft(input_ids=ids.long()).logits, spoken, tokens, logprobs)

    train("draft", draft, _batches(taught, seed), lambda batch: loss_of(*batch), schedule, checkpoint)


def _batches(taught: SoftTargets, seed: int) -> Iterator[tuple[Tensor, ...]]:
    """Endless batches, each epoch in an order of its own."""
    for epoch in count():
        order = torch.randperm(len(taught.ids), generator=torch.Generator().manual_seed(seed * 1000 + epoch))
        for chosen in order.split(ROWS_A_STEP):
            if len(chosen) == ROWS_A_STEP:
                yield taught.ids[chosen], taught.spoken[chosen], taught.tokens[chosen], taught.logprobs[chosen]


def _exchanges(
    target: LlamaForCausalLM, packer: Packer, questions: list[str], temperature: float, seed: int
) -> list[Exchange]:
    """The target's answers to questions asked at the start of a conversation; those that do not end are dropped."""
    asked = packer.questions(questions)
    said = answer(target, [[packer.begin, *ids] for ids in asked], packer.end, temperature, seed)
    return [(q, a) for q, a in zip(asked, said, strict=True) if a[-1] == packer.end]
