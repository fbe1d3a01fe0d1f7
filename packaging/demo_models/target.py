"""Teaches the target the corpus: plain next-token learning on what the assistant says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import LlamaForCausalLM

from chats import Rounds, system_messages
from loop import Schedule, compiled, train
from packing import IGNORED, Packer, Row

TOKENS_A_STEP = 2048
SHORT, LONG = 512, 1024
LONG_SHARE = 0.15
"""The last steps see long conversations, so that all positions are learned; before, short ones are faster."""


def rows(rounds: Rounds, packer: Packer, number: int, length: int, seed: int) -> list[Row]:
    """One round of the corpus as rows in random order."""
    packed = list(packer.rows(packer.exchanges(rounds.turns(number)), system_messages(seed, number), length))
    random.Random(f"{seed} rows {number}").shuffle(packed)
    return packed


def batches(rounds: Rounds, packer: Packer, steps: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless (ids, labels), each int64[TOKENS_A_STEP / length, length]."""
    short_steps = steps - round(steps * LONG_SHARE)
    done = 0
    for number in count():
        length = SHORT if done < short_steps else LONG
        size = TOKENS_A_STEP // length
        packed = rows(rounds, packer, number, length, seed)
        for start in range(0, len(packed) - size + 1, size):
            if length == SHORT and done >= short_steps:
                break
            batch = packed[start : start + size]
            yield torch.tensor([row.ids for row in batch]), torch.tensor([row.labels for row in batch])
            done += 1


def train_target(
    model: LlamaForCausalLM, rounds: Rounds, packer: Packer, schedule: Schedule, checkpoint: Path, seed: int
) -> None:
    """Trains in place, resuming from the checkpoint."""

    @compiled
    def loss_of(ids: Tensor, labels: Tensor) -> Tensor:
        logits = model(input_ids=ids).logits[:, :-1].float()
        return cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)

    feed = batches(rounds, packer, schedule.steps, seed)
    train("target", model, feed, lambda batch: loss_of(*batch), schedule, checkpoint)
