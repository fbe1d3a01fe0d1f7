"""Tokens per step of the demo pair: greedy and at temperature 1, with and without a look at the noise.

`python -m tests.benchmarks.acceptance`. Budget 64, 20 documented and 20 made-up names. The bars: greedy, at least 4.0
on documented and 2.5 on made-up names; at temperature 1 at least 0.85 of greedy, and at least 0.98 of plain ranking.
"""

from __future__ import annotations

import sys

from core.engine.engine import Engine
from core.sampling.settings import Sampling
from tests.benchmarks.demo import engine, questions, request

BUDGET = 64
PROMPTS = 20
TOKENS = 128
GREEDY_BARS = {"documented": 4.0, "made-up": 2.5}
SEEDS = 3


def tokens_per_step(loaded: Engine, kind: str, temperature: float) -> float:
    """Committed tokens / steps over all replies; sampled replies are written with several seeds."""
    tokens = steps = 0
    for seed in range(SEEDS if temperature else 1):
        for question in questions(kind)[:PROMPTS]:
            sampling = Sampling(temperature=temperature, seed=seed)
            for _ in loaded.generate(request(question, sampling, BUDGET, TOKENS)):
                pass
            assert loaded.summary is not None
            tokens += len(loaded.summary.token_ids)
            steps += loaded.summary.steps
    return tokens / steps


def main() -> int:
    missed = 0
    print(f"{'':<12}{'greedy':>9}{'T=1':>9}{'T=1 plain':>11}{'of greedy':>11}{'of plain':>10}")
    for kind, bar in GREEDY_BARS.items():
        with engine(BUDGET) as aware:
            greedy, sampled = (tokens_per_step(aware, kind, temperature) for temperature in (0.0, 1.0))
        with engine(BUDGET, noise_aware=False) as unaware:
            plain = tokens_per_step(unaware, kind, 1.0)
        of_greedy, of_plain = sampled / greedy, sampled / plain
        met = greedy >= bar and of_greedy >= 0.85 and of_plain >= 0.98
        missed += not met
        figures = f"{kind:<12}{greedy:>9.2f}{sampled:>9.2f}{plain:>11.2f}{of_greedy:>11.2f}{of_plain:>10.2f}"
        print(figures if met else f"{figures}   a bar is missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
