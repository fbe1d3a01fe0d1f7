"""A plain simulation of tree speculation: how many tokens a step commits with a given draft and tree size.

It shares no code with the engine, on purpose: the two can be held against each other. The draft's tree consists of the
K likeliest continuations (a continuation is at most as likely as its beginning, so these always form a tree).
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import DynamicCache, LlamaForCausalLM

Path = tuple[int, ...]


@dataclass(frozen=True)
class Ranking:
    """Children are ranked by log_softmax(draft_weight * logits + noise_weight * noise)."""

    draft_weight: float = 1.0
    noise_weight: float = 0.0


def tokens_per_step(
    draft: LlamaForCausalLM,
    prompt: list[int],
    reply: list[int],
    nodes: int,
    ranking: Ranking = Ranking(),
    noise: Tensor | None = None,
) -> tuple[int, int]:
    """(tokens committed, steps taken) while the target says `reply`; divide sums of them, not single results.

    `noise` [len(reply), vocabulary] is what the target's own sampler added to its logits at each place of the reply.
    """
    done = steps = 0
    while done < len(reply):
        tree = grow(draft, prompt + reply[:done], nodes, ranking, None if noise is None else noise[done:])
        accepted = 0
        while accepted < len(reply) - done - 1 and tuple(reply[done : done + accepted + 1]) in tree:
            accepted += 1
        done += accepted + 1
        steps += 1
    return len(reply), steps


@torch.inference_mode()
def grow(draft: LlamaForCausalLM, context: list[int], nodes: int, ranking: Ranking, noise: Tensor | None) -> set[Path]:
    """The `nodes` likeliest continuations of the context, each as its path of tokens."""
    past = DynamicCache(config=draft.config)
    if len(context) > 1:
        draft.model(input_ids=torch.tensor([context[:-1]], device=draft.device), past_key_values=past, use_cache=True)
    scores: dict[Path, float] = {(): 0.0}
    expanded: set[Path] = set()
    while True:
        best = set(sorted(scores, key=scores.__getitem__, reverse=True)[: nodes + 1])  # the root is free
        waiting = [path for path in best - expanded if noise is None or len(path) < len(noise)]
        if not waiting:
            return best - {()}
        found = _children(draft, past, context[-1], waiting, ranking, noise, nodes)
        for path, children in zip(waiting, found, strict=True):
            scores.update({(*path, token): scores[path] + logprob for token, logprob in children})
        expanded.update(waiting)


def _children(
    draft: LlamaForCausalLM,
    past: DynamicCache,
    root: int,
    paths: list[Path],
    ranking: Ranking,
    noise: Tensor | None,
    most: int,
) -> list[list[tuple[int, float]]]:
    """The likeliest (token, log-probability) after each path; causality hides what shorter rows are filled up with."""
    longest = max(len(path) for path in paths)
    rows = torch.tensor([[root, *path, *[0] * (longest - len(path))] for path in paths], device=draft.device)
    cache = deepcopy(past)
    if cache.get_seq_length():
        cache.batch_repeat_interleave(len(paths))
    hidden = draft.model(input_ids=rows, past_key_values=cache, use_cache=True).last_hidden_state
    last = torch.tensor([len(path) for path in paths], device=draft.device)
    logits = ranking.draft_weight * draft.lm_head(hidden[torch.arange(len(paths)), last]).float()
    if noise is not None and ranking.noise_weight:
        logits = logits + ranking.noise_weight * noise[[len(path) for path in paths]]
    found = torch.log_softmax(logits, -1).topk(most, -1)
    return [
        list(zip(tokens, values, strict=True))
        for tokens, values in zip(found.indices.tolist(), found.values.tolist(), strict=True)
    ]
