"""What a step takes besides the arithmetic of draft and target and waiting: `python -m tests.benchmarks.overhead`.

That is candidates and their ranking, memories, masks, the choice of tokens, learning, caches and reports: all of a step
that is not spent in a pass of either model. The share is of the step as whoever asked for the reply sees it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from core.engine.engine import Engine
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.offload.offloaded_model import OffloadedModel
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from core.sizes import parse_size
from tests.benchmarks.demo import pair, questions, request

TOKENS = 40


class Timed:
    """Adds up what passes of a model take."""

    def __init__(self, model: OffloadedModel) -> None:
        self.seconds = 0.0
        self._run: Callable[..., Any] = model.run
        model.run = self  # type: ignore[method-assign]

    def __call__(self, *args: Any, **settings: Any) -> Any:
        started = time.perf_counter()
        try:
            return self._run(*args, **settings)
        finally:
            self.seconds += time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, default=DEMO_TARGET, metavar="DIR")
    parser.add_argument("--draft", type=Path, default=DEMO_DRAFT, metavar="DIR")
    parser.add_argument("--ram", type=parse_size, metavar="SIZE", help="memory limit, so that layers stream")
    parser.add_argument("--budgets", type=int, nargs="+", default=[64, 128, 256], metavar="N")
    parser.add_argument("--questions", type=int, default=3, metavar="N")
    options = parser.parse_args()
    asked = pair(max(options.budgets), options.model, options.draft, "bfloat16", options.ram)
    # Passes are timed one by one: trees grown ahead would run some of the draft's within the target's.
    engine = Engine(make_plan(asked, probe_machine()), ahead=False)
    target, draft = map(Timed, engine._models)
    print("| nodes | steps | step, ms | target, ms | draft, ms | everything else, ms | share |")
    print("|---|---|---|---|---|---|---|")
    for budget in options.budgets:
        rows = []
        for number, question in enumerate(questions("documented")[: options.questions]):
            reports = engine.generate(request(question, Sampling(seed=number), budget, TOKENS))
            next(reports)  # reads the prompt
            while True:
                started, before = time.perf_counter(), (target.seconds, draft.seconds)
                if next(reports, None) is None:
                    break
                rows.append((time.perf_counter() - started, target.seconds - before[0], draft.seconds - before[1]))
        rest = [step - verified - drafted for step, verified, drafted in rows]
        step, verified, drafted = (median(column) for column in zip(*rows, strict=True))
        share = sum(rest) / sum(step for step, _, _ in rows)
        print(
            f"| {budget} | {len(rows)} | {step * 1000:,.0f} | {verified * 1000:,.0f} | {drafted * 1000:.0f} "
            f"| {median(rest) * 1000:.0f} | {share:.1%} |",
            flush=True,
        )
    engine.close()


if __name__ == "__main__":
    main()
