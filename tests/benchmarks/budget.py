"""How near `--budget auto` comes to the best fixed budget, in three regimes: `python -m tests.benchmarks.budget`.

The demo pair with float32 weights, greedy: everything resident; streamed from a drive that makes passes several times
as long as their arithmetic; and from one that is slower again. Every budget, and auto with all that it has to learn,
writes the beginnings of the same replies in turn. What is far behind the best after the first reply writes no more.
`--regime NAME` measures one. The bar is 0.92.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from core.engine.engine import Engine
from core.sampling.settings import Sampling
from tests.benchmarks.demo import engine, questions, request
from tests.benchmarks.slow_drive import slow_drive

BUDGETS = (1, 4, 8, 16, 32, 64, 128, 256)
BAR = 0.92
FAR = 0.6
"""Share of the best rate below which a fixed budget is no longer measured."""

RATES = {"resident": None, "drive-bound": 100e6, "slow drive": 40e6}
"""Bytes per second of the drive that the regimes stream from."""

REPLIES = {"resident": 12, "drive-bound": 6, "slow drive": 4}
"""Half of them about documented names, half about made-up ones."""

TOKENS = 96


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
    parser.add_argument("--verbose", action="store_true", help="show which budgets auto took")
    options = parser.parse_args()
    missed = 0
    print("| regime | " + " | ".join(map(str, BUDGETS)) + " | auto | of the best | nodes | tokens per step |")
    print("|---|" + "---:|" * (len(BUDGETS) + 4))
    for regime in [options.regime] if options.regime else RATES:
        totals = measure(regime, options.temperature, options.drafter)
        auto = totals.pop(None)
        share = auto.rate / max(total.rate for total in totals.values())
        missed += share < BAR
        cells = [f"{total.rate:.1f}" for total in (*totals.values(), auto)]
        cells += [f"{share:.2f}", f"{auto.nodes / auto.steps:.0f}", f"{auto.tokens / auto.steps:.2f}"]
        print(f"| {regime} | {' | '.join(cells)} |", flush=True)
        if options.verbose:
            print(auto.budgets, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
