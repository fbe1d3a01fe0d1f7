"""Compares every way of decoding with plain decoding, token by token: `make exactness`.

With float32 weights: 50 prompts, three budgets, three temperatures, resident and streamed layers. At temperature 0
plain decoding is also compared with transformers' own `generate`. A difference counts as a near-tie, and not as a
mismatch, where transformers scores the two best tokens less than 1e-4 apart: there the order of summation decides.
Ends with exit code 1 if there is a mismatch.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.engine.engine import Engine
from core.locations import DEMO_TARGET
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from tests.benchmarks.demo import engine, questions, request

PROMPTS = 50
BUDGETS = (1, 8, 64)
TEMPERATURES = (0.0, 0.7, 1.0)
TOKENS = 64
NEAR = 1e-4


class Reference:
    """The target as transformers runs it, in float32."""

    def __init__(self) -> None:
        self._model: Any = AutoModelForCausalLM.from_pretrained(DEMO_TARGET, dtype=torch.float32).eval()
        self._tokenizer = Tokenizer(DEMO_TARGET)

    def prompt(self, question: str) -> list[int]:
        return self._tokenizer.encode_chat((Message("user", question),))

    @torch.inference_mode()
    def greedy(self, question: str) -> list[int]:
        prompt = self.prompt(question)
        stops = sorted(self._tokenizer.stop_ids)
        output = self._model.generate(
            torch.tensor([prompt]), do_sample=False, max_new_tokens=TOKENS, eos_token_id=stops, pad_token_id=stops[0]
        )
        tokens: list[int] = output[0, len(prompt) :].tolist()
        return tokens

    @torch.inference_mode()
    def margin(self, question: str, tokens: Sequence[int], sampling: Sampling) -> float:
        """How far the best token after `tokens` is ahead of the second best, noise included."""
        context = [*self.prompt(question), *tokens]
        logits = self._model(torch.tensor([context])).logits[0, -1]
        return Sampler(sampling, logits.shape[-1]).choose(logits, len(context), context).margin


class Campaign:
    """Counts what agrees and what does not."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self.same = self.near_ties = self.mismatches = 0

    def compare(self, how: str, question: str, sampling: Sampling, expected: list[int], found: list[int]) -> None:
        if expected == found:
            self.same += 1
            return
        pairs = enumerate(zip(expected, found, strict=False))
        at = next((index for index, (one, other) in pairs if one != other), min(len(expected), len(found)))
        margin = self._reference.margin(question, expected[:at], sampling)
        near = margin < NEAR
        self.near_ties += near
        self.mismatches += not near
        print(f"{'near-tie' if near else 'MISMATCH'} ({margin:.2e}) at token {at}, {how}, {sampling}: {question}")


def reply(loaded: Engine, question: str, sampling: Sampling, budget: int | None = None) -> list[int]:
    for _ in loaded.generate(request(question, sampling, budget, TOKENS)):
        pass
    assert loaded.summary is not None
    return list(loaded.summary.token_ids)


def main() -> int:
    reference = Reference()
    campaign = Campaign(reference)
    # Both kinds: on made-up names the target is uncertain, and trees go wrong more often.
    asked = [*questions("documented")[: PROMPTS - 20], *questions("made-up")[:20]]
    budget = max(BUDGETS)
    with engine(1, drafted=False) as plain, engine(budget) as resident, engine(budget, streamed=True) as streamed:
        for number, question in enumerate(asked):
            for temperature in TEMPERATURES:
                sampling = Sampling(temperature=temperature, seed=number)
                expected = reply(plain, question, sampling)
                if temperature == 0.0:
                    campaign.compare("transformers", question, sampling, reference.greedy(question), expected)
                for placement, loaded in (("resident", resident), ("streamed", streamed)):
                    for nodes in BUDGETS:
                        found = reply(loaded, question, sampling, nodes)
                        campaign.compare(f"budget {nodes}, {placement}", question, sampling, expected, found)
            print(f"\r{number + 1} of {len(asked)} prompts", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{campaign.same} replies the same, {campaign.near_ties} near-ties, {campaign.mismatches} mismatches")
    return 1 if campaign.mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
