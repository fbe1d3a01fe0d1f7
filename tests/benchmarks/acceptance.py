"""Tokens per step of the demo pair by ranking, temperature, budget, growth policy and source of drafts.

`python -m tests.benchmarks.acceptance [PART…] [--write docs/benchmarks/2026-11-21-speculation.md]`. Budgets are fixed,
so that nothing depends on the speed of the machine. Ends with exit code 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from core.planning.sources import GROWTHS
from core.sampling.settings import Sampling
from tests.benchmarks.demo import engine, questions, request
from tests.benchmarks.page import table, write_section
from tests.benchmarks.repeating import forced, repeating_questions

TOKENS = 128
BUDGET = 64
KINDS = ("documented", "made-up")
WITHOUT_MODEL = ("lookup", "recycling", "lookup+recycling")


@dataclass(frozen=True)
class Part:
    """A table and the bars that it misses, as sentences."""

    title: str
    text: str
    missed: tuple[str, ...]


@dataclass(frozen=True)
class Measure:
    """How much is measured.

    Attributes:
        prompts: Of each kind.
        seeds: Replies to each at temperatures above 0.
    """

    prompts: int
    seeds: int

    def tokens_per_step(
        self,
        kinds: Sequence[str],
        temperature: float = 0.0,
        budget: int = BUDGET,
        drafter: str = "model",
        growth: str = "specexec",
        noise_aware: bool = True,
    ) -> float:
        """Committed tokens / steps over all replies, by an engine that has seen nothing yet."""
        tokens = steps = 0
        repeating = repeating_questions()
        with ExitStack() as stack:
            loaded = stack.enter_context(engine(budget, drafter=drafter, growth=growth, noise_aware=noise_aware))
            for kind in kinds:
                asked = list(repeating) if kind.startswith("repeating") else questions(kind)[: self.prompts]
                with forced(loaded, repeating) if kind == "repeating" else ExitStack():
                    for question in asked:
                        for seed in range(self.seeds if temperature else 1):
                            sampling = Sampling(temperature=temperature, seed=seed)
                            for _ in loaded.generate(request(question, sampling, budget, TOKENS)):
                                pass
                            assert loaded.summary is not None
                            tokens += len(loaded.summary.token_ids)
                            steps += loaded.summary.steps
        return tokens / steps


def temperatures(measure: Measure) -> Part:
    """The draft model alone, ranked with and without a look at the noise, beside greedy decoding."""
    rows, missed = [], []
    gaps = closed = 0.0
    for kind in KINDS:
        greedy = measure.tokens_per_step([kind])
        for temperature in (0.7, 1.0, 1.5):
            aware = measure.tokens_per_step([kind], temperature)
            plain = measure.tokens_per_step([kind], temperature, noise_aware=False)
            gap = max(0.0, greedy - plain)
            if gap:
                gaps, closed = gaps + gap, closed + aware - plain
            where = f"{kind} at temperature {temperature}"
            if temperature == 1.0 and aware < 0.88 * greedy:
                missed.append(f"{where}: {aware / greedy:.2f} of greedy, less than 0.88")
            if aware < 0.98 * plain:
                missed.append(f"{where}: {aware / plain:.2f} of plain ranking, less than 0.98")
            figures = (greedy, aware, plain, aware / greedy, aware / plain)
            rows.append([kind, str(temperature), *(f"{figure:.2f}" for figure in figures)])
    share = closed / gaps if gaps else 1.0
    if share < 0.5:
        missed.append(f"{share:.2f} of the gaps to greedy are closed, less than 0.5")
    heads = ["prompts", "T", "greedy", "noise-aware", "plain", "of greedy", "of plain"]
    together = f"Where plain ranking is below greedy decoding, {share:.2f} of the difference is made up for in all."
    return Part("Temperature", f"{table(heads, rows)}\n\n{together}", tuple(missed))


def rankings(measure: Measure) -> Part:
    """Both rankings at all budgets, documented and made-up prompts together."""
    budgets = (16, 32, 64, 128, 256)
    rows = []
    for temperature in (0.0, 0.6, 1.0):
        for name, aware in (("noise-aware", True), ("plain", False)):
            figures = [measure.tokens_per_step(KINDS, temperature, budget, noise_aware=aware) for budget in budgets]
            rows.append([f"{temperature:g}, {name}", *(f"{figure:.2f}" for figure in figures)])
    return Part("Ranking and budget", table(["T, ranking", *map(str, budgets)], rows), ())


def policies(measure: Measure) -> Part:
    """Growth policies on the same prompts, the draft model alone."""
    rows = []
    for growth in GROWTHS:
        figures = [
            measure.tokens_per_step([kind], temperature, growth=growth) for temperature in (0.0, 1.0) for kind in KINDS
        ]
        rows.append([f"`{growth}`", *(f"{figure:.2f}" for figure in figures)])
    heads = ["policy", *(f"{kind}, T = {temperature}" for temperature in (0, 1) for kind in KINDS)]
    return Part("Growth policies", table(heads, rows), ())


def sources(measure: Measure) -> Part:
    """Sources alone and together, greedy; the early exit after three of six layers of a model not trained for it."""
    sets = (*KINDS, "repeating, own replies", "repeating")
    found = {
        drafter: {kind: measure.tokens_per_step([kind], drafter=drafter) for kind in sets}
        for drafter in (*WITHOUT_MODEL, "exit", "model", "model+lookup+recycling")
    }
    rows = [[f"`{drafter}`", *(f"{figure:.2f}" for figure in figures.values())] for drafter, figures in found.items()]
    missed = []
    alone, model, merged = (found[name] for name in ("lookup+recycling", "model", "model+lookup+recycling"))
    demo = measure.tokens_per_step(KINDS, drafter="lookup+recycling")
    for what, figure, least in (
        ("without a draft model, demo prompts", demo, 1.6),
        ("without a draft model, repeating", alone["repeating"], 3.0),
        ("all sources beside the draft model, repeating", merged["repeating"] / model["repeating"], 1.3),
        *((f"all sources beside the draft model, {kind}", merged[kind] / model[kind], 0.98) for kind in sets),
    ):
        if figure < least:
            missed.append(f"{what}: {figure:.2f}, less than {least}")
    together = f"Without a draft model, both kinds of demo prompts together: {demo:.2f}."
    return Part("Sources", f"{table(['sources', *sets], rows)}\n\n{together}", tuple(missed))


PARTS: dict[str, Callable[[Measure], Part]] = {
    part.__name__: part for part in (temperatures, rankings, policies, sources)
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)} (all)")
    parser.add_argument("--prompts", type=int, default=10, metavar="N", help="prompts of each kind (10)")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="replies to each where sampled (2)")
    parser.add_argument("--write", type=Path, metavar="F", help="the page whose sections are renewed")
    options = parser.parse_args()
    missed = 0
    for name in options.parts or PARTS:
        part = PARTS[name](Measure(options.prompts, options.seeds))
        print(f"## {part.title}\n\n{part.text}\n", flush=True)
        for sentence in part.missed:
            print(f"Missed: {sentence}.", flush=True)
        missed += len(part.missed)
        if options.write:
            write_section(options.write, part.title, part.text)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
