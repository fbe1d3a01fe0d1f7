"""Compares every way of decoding with plain decoding, token by token: `make exactness`.

    python -m tests.benchmarks.exactness [--replies N] [--seed N] [--part 1/2] [--record FILE]

The demo target as it is and in every weight format, computed in float32, replies of 60 tokens. Combinations of all
sources, under every growth policy, resident (dequantised, or packed) and streamed, with drafting hidden behind
streaming or not, write replies to documented and made-up questions, and to questions that were asked before, at random
budgets, temperatures, filters and seeds. At temperature 0 plain decoding itself is compared with transformers' own
`generate`, of a packed model on weights that other programs dequantised. A difference counts as a near-tie, and not as
a mismatch, where transformers scores the two best tokens less than 1e-4 apart: there the order of summation decides.
Ends with exit code 1 if there is a mismatch.

The campaign is made of trials: a model, in some ways. Processes can share them (--part), and with a record a campaign
that was broken off goes on with those that are missing; what was tried with other code counts for nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM
from transformers.utils import logging

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.engine.engine import Engine
from core.errors import BadRequest
from core.locations import DEMO_TARGET
from core.planning.sources import GROWTHS, SELF, SOURCES, sources_named
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from tests.benchmarks.demo import engine, questions, request
from tests.benchmarks.packed_demo import FORMATS, write_demo

REPLIES = 2200
TOKENS = 60
LARGEST = 64
NEAR = 1e-4

WAYS, FORMAT_WAYS = 10, 4
"""In a trial of the target as it is, and of a format."""

ASKED, GREEDILY = 12, 3
"""Different questions with their settings in a trial, and how many at least are plainly greedy, as transformers can be
compared; each is answered in several ways."""

PLAIN = "as it is"
PLACES = ("resident", "resident, packed", "streamed")
KINDS = ("the same", "near-ties", "MISMATCHES")
CORE = Path(__file__).parents[2] / "core"


@dataclass(frozen=True)
class Asked:
    """A question and the settings under which it is answered."""

    question: str
    sampling: Sampling


@dataclass(frozen=True)
class Way:
    """How replies are written; the budget of each is another."""

    sources: str
    growth: str
    place: str
    aware: bool
    ahead: bool | None


@dataclass(frozen=True)
class Trial:
    """A model in some ways.

    Attributes:
        model: `PLAIN`, or one of `FORMATS`.
        replies: How many in each way.
    """

    name: str
    model: str
    ways: tuple[Way, ...]
    replies: int


class Reference:
    """A target as transformers runs it, in float32."""

    def __init__(self, folder: Path = DEMO_TARGET) -> None:
        self._model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self._tokenizer = Tokenizer(DEMO_TARGET)

    def prompt(self, question: str) -> list[int]:
        return self._tokenizer.encode_chat((Message("user", question),))

    @torch.inference_mode()
    def greedy(self, question: str, new: int = TOKENS) -> list[int]:
        prompt = self.prompt(question)
        stops = sorted(self._tokenizer.stop_ids)
        output = self._model.generate(
            torch.tensor([prompt]), do_sample=False, max_new_tokens=new, eos_token_id=stops, pad_token_id=stops[0]
        )
        tokens: list[int] = output[0, len(prompt) :].tolist()
        return tokens

    @torch.inference_mode()
    def margin(self, question: str, tokens: Sequence[int], sampling: Sampling) -> float:
        """How far the best token after `tokens` is ahead of the second best, noise included."""
        context = [*self.prompt(question), *tokens]
        logits = self._model(torch.tensor([context])).logits[0, -1]
        return Sampler(sampling, logits.shape[-1]).choose(logits, len(context), context).margin


class Comparison:
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
        print(f"{verdict} (margin {margin:.2e}) at token {at}, {how}, {asked}", flush=True)


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


def reply(loaded: Engine, asked: Asked, budget: int | None, tokens: int) -> list[int]:
    for _ in loaded.generate(request(asked.question, asked.sampling, budget, tokens)):
        pass
    assert loaded.summary is not None
    return list(loaded.summary.token_ids)


def combinations() -> Iterator[str]:
    """The sources that can draft together, by the planner's own word."""
    for count in range(1, len(SOURCES) + 1):
        for names in itertools.combinations(SOURCES, count):
            with suppress(BadRequest):
                yield "+".join(sources_named("+".join(names), drafted=True))


def trials(replies: int, seed: int) -> list[Trial]:
    """All of a campaign, in an order in which parts take about as long."""
    draw = random.Random(seed)
    every = [
        Way(sources, growth, place, draw.random() < 0.8, draw.choice((None, True, False)))
        for sources, growth, place in itertools.product(combinations(), GROWTHS, PLACES)
    ]
    # Substitutes of layers stand for those that stream, and are made of models that are not packed already.
    itself = [way for way in every if SELF in way.sources.split("+")]
    of_packed = [way for way in every if way not in itself]
    as_it_is = [way for way in of_packed if way.place != "resident, packed"]
    as_it_is += [way for way in itself if way.place == "streamed"]
    draw.shuffle(as_it_is)
    each = -(-replies // (len(as_it_is) + FORMAT_WAYS * len(FORMATS)))
    made = [
        Trial(f"{PLAIN}, {start // WAYS + 1}", PLAIN, tuple(as_it_is[start : start + WAYS]), each)
        for start in range(0, len(as_it_is), WAYS)
    ]
    made += [Trial(name, name, tuple(draw.sample(of_packed, FORMAT_WAYS)), each) for name in FORMATS]
    draw.shuffle(made)
    return made


def run(trial: Trial, seed: int, tokens: int = TOKENS) -> dict[str, Counter[str]]:
    """What was found: of plain decoding beside transformers, and of all ways beside plain decoding.

    Skips, as tests do, where the program that writes the format is not installed.
    """
    draw = random.Random(f"{seed} {trial.name}")
    kinds = [questions(kind) for kind in ("documented", "made-up")]
    settings = [Sampling()] * GREEDILY + [draw_sampling(draw) for _ in range(ASKED - GREEDILY)]
    pool = [Asked(draw.choice(draw.choice(kinds)), sampling) for sampling in settings]
    with tempfile.TemporaryDirectory() as made:
        model, plain = (DEMO_TARGET,) * 2 if trial.model == PLAIN else write_demo(Path(made), trial.model)
        reference = Reference(plain)
        beside, found = Comparison(reference), Comparison(reference)
        with engine(1, drafted=False, model=model) as loaded:
            expected = {asked: reply(loaded, asked, 1, tokens) for asked in pool}
        for asked, written in expected.items():
            if asked.sampling == Sampling():
                beside.compare("transformers", asked, reference.greedy(asked.question, tokens), written)
        for way in trial.ways:
            streamed, packed = way.place == "streamed", way.place == "resident, packed"
            options = (LARGEST, "float32", True, streamed, way.sources, way.growth, way.aware, way.ahead)
            with engine(*options, model=model, packed=packed) as loaded:
                for _ in range(trial.replies):
                    asked, budget = draw.choice(pool), draw.choice((None, int(LARGEST ** draw.random())))
                    how = f"{trial.model}, {way}, budget {budget}"
                    found.compare(how, asked, expected[asked], reply(loaded, asked, budget, tokens))
    return {"plain": beside.found, "ways": found.found}


class Record:
    """Which trials were made, and what they found; kept in a file, if there is one."""

    def __init__(self, file: Path | None, seed: int, replies: int) -> None:
        self._file = file
        self._of = {"code": _code(), "seed": seed, "replies": replies}
        lines = file.read_text("utf-8").splitlines() if file and file.exists() else []
        kept = [entry for entry in map(json.loads, lines) if entry.items() >= self._of.items()]
        self.found: dict[str, dict[str, dict[str, int]]] = {entry["trial"]: entry["found"] for entry in kept}

    def add(self, trial: Trial, found: dict[str, Counter[str]]) -> None:
        self.found[trial.name] = {what: dict(counts) for what, counts in found.items()}
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as stream:  # one line: parts may share a file
                stream.write(json.dumps(self._of | {"trial": trial.name, "found": found}) + "\n")

    def total(self, what: str) -> Counter[str]:
        return sum((Counter(found[what]) for found in self.found.values()), Counter[str]())


def _code() -> str:
    """Names the state of the program that is tried."""
    digest = hashlib.sha256()
    for file in sorted(CORE.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _told(found: Counter[str]) -> str:
    return ", ".join(f"{found[kind]:,} {kind}" for kind in KINDS)


def _part(text: str) -> tuple[int, int]:
    number, _, parts = text.partition("/")
    if not 1 <= int(number) <= int(parts):
        raise ValueError(text)
    return int(number), int(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--replies", type=int, default=REPLIES, metavar="N", help=f"at least so many ({REPLIES})")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another seed tries other settings (0)")
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="K/N", help="every Nth trial, from the Kth on")
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep what was found, and skip what is there")
    options = parser.parse_args()
    logging.disable_progress_bar()
    number, parts = options.part
    mine = trials(options.replies, options.seed)[number - 1 :: parts]
    record = Record(options.record, options.seed, options.replies)
    left_out = []
    started = time.perf_counter()
    for index, trial in enumerate(mine, start=1):
        if trial.name in record.found:
            continue
        try:
            record.add(trial, run(trial, options.seed))
        except pytest.skip.Exception as missing:
            left_out.append(f"{trial.name}: {missing}")
        minutes, so_far = (time.perf_counter() - started) / 60, _told(record.total("ways"))
        print(f"{index} of {len(mine)} after {minutes:.1f} min, {trial.name}: {so_far}", flush=True)
    for line in left_out:
        print(f"Left out: {line}")
    beside, ways = record.total("plain"), record.total("ways")
    print(f"Plain decoding and transformers: {_told(beside)}")
    print(f"{ways.total():,} replies in {len(record.found)} trials: {_told(ways)}")
    return 1 if beside["MISMATCHES"] or ways["MISMATCHES"] else 0


if __name__ == "__main__":
    sys.exit(main())
