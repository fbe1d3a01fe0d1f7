"""Compares every way of decoding with plain decoding, token by token: `make exactness`.

The demo pair with float32 weights, replies of 60 tokens. Every combination of sources, under every growth policy,
resident and streamed, with drafting hidden behind streaming or not, writes replies to documented and made-up questions,
and to questions that were asked before, at random budgets, temperatures, filters and seeds. At temperature 0 plain
decoding itself is compared with transformers' own `generate`. A difference counts as a near-tie, and not as a mismatch,
where transformers scores the two best tokens less than 1e-4 apart: there the order of summation decides. Ends with exit
code 1 if there is a mismatch.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.engine.engine import Engine
from core.locations import DEMO_TARGET
from core.planning.sources import GROWTHS
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from tests.benchmarks.demo import engine, questions, request

SOURCES = (
    "model",
    "lookup",
    "recycling",
    "exit",
    "model+lookup",
    "model+recycling",
    "lookup+recycling",
    "model+lookup+recycling",
    "exit+lookup+recycling",
)
REPLIES = 2070
ASKED = 120
"""Different questions with their settings; each is answered in many ways."""

TOKENS = 60
LARGEST = 64
NEAR = 1e-4


@dataclass(frozen=True)
class Asked:
    """A question and the settings under which it is answered."""

    question: str
    sampling: Sampling


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
        self.found = Counter[str]()

    def compare(self, how: str, asked: Asked, expected: list[int], written: list[int]) -> None:
        if expected == written:
            self.found["the same"] += 1
            return
        pairs = enumerate(zip(expected, written, strict=False))
        at = next((index for index, (one, other) in pairs if one != other), min(len(expected), len(written)))
        margin = self._reference.margin(asked.question, expected[:at], asked.sampling)
        verdict = "near-ties" if margin < NEAR else "MISMATCHES"
        self.found[verdict] += 1
        print(f"\n{verdict} (margin {margin:.2e}) at token {at}, {how}, {asked}", flush=True)

    @property
    def summary(self) -> str:
        return ", ".join(f"{self.found[kind]:,} {kind}" for kind in ("the same", "near-ties", "MISMATCHES"))


def draw_sampling(draw: random.Random) -> Sampling:
    """Greedy in a third of all cases, filters and penalties in some of the others."""
    plain = Sampling(repetition_penalty=draw.choice((1.0, 1.0, 1.0, 1.2)))
    if draw.random() < 1 / 3:
        return plain
    return replace(
        plain,
        temperature=draw.choice((0.3, 0.7, 1.0, 1.0, 1.5)),
        top_p=draw.choice((1.0, 1.0, 0.9)),
        top_k=draw.choice((0, 0, 40)),
        min_p=draw.choice((0.0, 0.0, 0.02)),
        seed=draw.randrange(2**63),
    )


def reply(loaded: Engine, asked: Asked, budget: int | None) -> list[int]:
    for _ in loaded.generate(request(asked.question, asked.sampling, budget, TOKENS)):
        pass
    assert loaded.summary is not None
    return list(loaded.summary.token_ids)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--replies", type=int, default=REPLIES, metavar="N", help=f"how many to write ({REPLIES})")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another seed tries other settings (0)")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    reference = Reference()
    campaign = Campaign(reference)
    kinds = [questions(kind) for kind in ("documented", "made-up")]
    pool = [Asked(draw.choice(draw.choice(kinds)), draw_sampling(draw)) for _ in range(ASKED)]
    with engine(1, drafted=False) as plain:
        expected = {asked: reply(plain, asked, 1) for asked in pool}
    for asked, tokens in expected.items():
        if asked.sampling == Sampling():
            campaign.compare("transformers", asked, reference.greedy(asked.question), tokens)
    print(f"Plain decoding and transformers: {campaign.summary}", flush=True)
    campaign.found.clear()
    ways = list(itertools.product(SOURCES, GROWTHS, (False, True)))
    draw.shuffle(ways)
    for number, (sources, growth, streamed) in enumerate(ways, start=1):
        aware = draw.random() < 0.8
        ahead = draw.choice((None, True, False))  # whether drafting hides behind streaming
        with engine(LARGEST, "float32", True, streamed, sources, growth, aware, ahead) as loaded:
            for _ in range(-(-options.replies // len(ways))):
                asked, budget = draw.choice(pool), draw.choice((None, int(LARGEST ** draw.random())))
                where = "streamed" if streamed else "resident"
                how = f"{sources}, {growth}, budget {budget}, {where}, aware {aware}, ahead {ahead}"
                campaign.compare(how, asked, expected[asked], reply(loaded, asked, budget))
        print(f"\r{number} of {len(ways)} ways: {campaign.summary}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{campaign.found.total():,} replies in {len(ways)} ways: {campaign.summary}")
    return 1 if campaign.found["MISMATCHES"] else 0


if __name__ == "__main__":
    sys.exit(main())
