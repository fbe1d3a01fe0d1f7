"""How near `--budget auto` comes to the best fixed budget, in three regimes: `python -m tests.benchmarks.budget`.

The demo pair with float32 weights, greedy: everything resident; streamed from a drive that makes passes several times
as long as their arithmetic; and from one that is slower again. Every budget, and auto with all that it has to learn,
writes the same whole replies in turn. What is far behind the best after the first reply writes no more. `--regime NAME`
measures one. With `--repetitions N` all of that is done anew N times, by new engines, and figures are medians: auto's
is compared with the highest one of a fixed budget. The bar is 0.92.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from core.engine.engine import Engine
from core.sampling.settings import Sampling
from tests.benchmarks.demo import engine, questions, request
from tests.benchmarks.slow_drive import slow_drive

BUDGETS = (1, 4, 8, 16, 32, 64, 128, 256)
BAR = 0.92
FAR = 0.7
"""Share of the best rate below which a fixed budget is no longer measured."""

RATES = {"resident": None, "drive-bound": 100e6, "slow drive": 40e6}
"""Bytes per second of the drive that the regimes stream from."""

REPLIES = {"resident": 12, "drive-bound": 8, "slow drive": 6}
"""In turn about documented names and made-up ones."""

TOKENS = 160
"""At most: these replies end by themselves after 65 tokens on average, from 34 to 100."""


@dataclass
class Total:
    """What was written at one budget. The step that reads the prompt is left out."""

    tokens: int = 0
    seconds: float = 0.0
    steps: int = 0
    nodes: int = 0
    budgets: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.tokens / self.seconds

    def write(self, loaded: Engine, question: str, budget: int | None, temperature: float) -> None:
        sampling = Sampling(temperature=temperature, seed=1)
        for step in loaded.generate(request(question, sampling, budget, TOKENS)):
            if step.step:
                self.tokens += len(step.committed)
                self.seconds += step.seconds.total
                self.steps += 1
                self.nodes += step.nodes
                self.budgets.append(step.nodes)


def measure(regime: str, temperature: float, drafter: str) -> dict[int | None, Total]:
    """The totals of each fixed budget, and of auto as None."""
    kinds = [questions(kind) for kind in ("documented", "made-up")]
    asked = [kinds[number % 2][number // 2] for number in range(REPLIES[regime])]
    totals: dict[int | None, Total] = {budget: Total() for budget in (None, *BUDGETS)}
    streamed = RATES[regime] is not None
    with slow_drive(RATES[regime]), ExitStack() as stack:
        # An engine each: none may remember what another wrote.
        engines = {
            budget: stack.enter_context(engine(max(BUDGETS), streamed=streamed, drafter=drafter)) for budget in totals
        }
        for _ in engines[max(BUDGETS)].generate(request(kinds[0][-1], Sampling(), max(BUDGETS), 16)):
            pass  # what is computed for the first time takes longer, whoever comes first
        for question in asked:
            best = max((total.rate for budget, total in totals.items() if budget and total.tokens), default=0.0)
            for budget, total in totals.items():
                if budget is None or not total.tokens or total.rate > FAR * best:
                    total.write(engines[budget], question, budget, temperature)
    return totals


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--regime", choices=RATES, help="one instead of all")
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--drafter", default="auto")
    parser.add_argument("--repetitions", type=int, default=1, metavar="N")
    parser.add_argument("--verbose", action="store_true", help="show which budgets auto took")
    options = parser.parse_args()
    missed = 0
    print("| regime | " + " | ".join(map(str, BUDGETS)) + " | auto | of the best | nodes | tokens per step |")
    print("|---|" + "---:|" * (len(BUDGETS) + 4))
    for regime in [options.regime] if options.regime else RATES:
        runs = [measure(regime, options.temperature, options.drafter) for _ in range(options.repetitions)]
        rates = {budget: median(totals[budget].rate for totals in runs) for budget in (*BUDGETS, None)}
        share = rates[None] / max(rates[budget] for budget in BUDGETS)
        missed += share < BAR
        cells = [f"{rate:.1f}" for rate in rates.values()]
        autos = [totals[None] for totals in runs]
        steps = sum(auto.steps for auto in autos)
        cells += [f"{share:.2f}", f"{sum(auto.nodes for auto in autos) / steps:.0f}"]
        cells += [f"{sum(auto.tokens for auto in autos) / steps:.2f}"]
        print(f"| {regime} | {' | '.join(cells)} |", flush=True)
        if options.verbose:
            for totals in runs:
                print(" ".join(f"{total.rate:.1f}" for total in totals.values()), totals[None].budgets, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
