"""Lets a model answer many questions at once, greedily or by sampling.

Prompts are grouped by their exact length, so that a batch needs neither padding nor masks.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from transformers import DynamicCache, LlamaForCausalLM

BATCH = 256
LIMIT = 200
"""Answers of the corpus are shorter; what is longer has lost its thread and is cut off."""

DROP_EVERY = 8
"""Finished answers are taken out of the batch every so many tokens: often enough to save, seldom enough to be cheap."""


@torch.inference_mode()
def answer(
    model: LlamaForCausalLM, prompts: list[list[int]], end: int, temperature: float, seed: int = 0
) -> list[list[int]]:
    """One answer per prompt, as ids up to and with `end` (or LIMIT tokens); temperature 0 is greedy."""
    generator = torch.Generator(device=model.device).manual_seed(seed)
    answers: list[list[int]] = [[] for _ in prompts]
    for same_length in _groups(prompts):
        group = same_length
        ids = torch.tensor([prompts[index] for index in group], device=model.device)
        cache = DynamicCache(config=model.config)
        for length in range(1, LIMIT + 1):
            logits = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
            ids = _choose(logits, temperature, generator)[:, None]
            for index, token in zip(group, ids[:, 0].tolist(), strict=True):
                if not answers[index] or answers[index][-1] != end:
                    answers[index].append(token)
            if length % DROP_EVERY == 0:
                open_rows = [row for row, index in enumerate(group) if answers[index][-1] != end]
                if not open_rows:
                    break
                if len(open_rows) < len(group):
                    keep = torch.tensor(open_rows, device=model.device)
                    cache.batch_select_indices(keep)
                    ids, group = ids[keep], [group[row] for row in open_rows]
    return answers


def _groups(prompts: list[list[int]]) -> Iterator[list[int]]:
    """Indices of prompts of one length, at most BATCH at a time."""
    by_length: dict[int, list[int]] = {}
    for index, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(index)
    for length in sorted(by_length):
        indices = by_length[length]
        yield from (indices[start : start + BATCH] for start in range(0, len(indices), BATCH))


def _choose(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """One token id per row of float logits [rows, vocabulary]."""
    if temperature == 0:
        return logits.argmax(-1)
    weights = torch.softmax(logits.float() / temperature, -1)
    return torch.multinomial(weights, 1, generator=generator)[:, 0]
