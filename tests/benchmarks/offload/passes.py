"""The process that times single passes of Penjing in one placement: reads a `PassJob`, writes a `PassResult`.

Its trees have one shape whatever the text, and cost nothing to grow.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from core.chat.message import Message
from core.drafting.drafter import Outcome
from core.engine.engine import Engine
from core.engine.messages import Generate
from core.machine.bandwidth import measure_drive
from core.machine.own_memory import peak_resident_bytes
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Request
from core.planning.planner import make_plan
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from core.trees.token_tree import TokenTree
from tests.benchmarks.offload.job import PassJob, PassResult, read_pass_job, write_json

BANDWIDTH_SECONDS = 3.0
WARM_UP = 2
"""Passes that are not counted: the first reads the prompt, and kernels are made for a new number of rows."""


class FixedTree:
    """Proposes binary trees of one size whatever the text, at no cost: to time passes and nothing else."""

    name = "fixed"

    def __init__(self, nodes: int, vocabulary: int) -> None:
        self._nodes = nodes
        self._vocabulary = vocabulary

    def grow(self, context: Sequence[int], budget: int, max_depth: int, sampler: Sampler) -> TokenTree:
        nodes = range(1, self._nodes)
        parents = [-1, *((node - 1) // 2 for node in nodes)]
        depths = [0]
        for node in nodes:
            depths.append(depths[parents[node]] + 1)
        drafted = len(nodes)
        return TokenTree(
            tokens=(context[-1], *((7 * node + 11) % self._vocabulary for node in nodes)),
            parents=tuple(parents),
            depths=tuple(depths),
            probabilities=(1.0,) * self._nodes,
            scores=(0.0,) * self._nodes,
            ranks=(0, *((node - 1) % 2 for node in nodes)),
            sources=("", *[self.name] * drafted),
        )

    def ahead(self, slack: float) -> bool:
        return False

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> Mapping[str, float]:
        return {}


def measure(job: PassJob) -> PassResult:
    target = open_checkpoint(Path(job.model))
    request = Request(
        target,
        open_checkpoint(Path(job.draft)),
        device="cpu",
        context=job.context,
        ram_limit=job.ram,
        reserve=0,
        budget=max(job.nodes),
    )
    plan = make_plan(request, probe_machine(target.folder))
    engine = Engine(plan)
    largest = max(target.folder.glob("*.safetensors"), key=lambda file: file.stat().st_size)
    bandwidth = [measure_drive(largest, BANDWIDTH_SECONDS).read.value]
    seconds, waits = [], []
    streamed = 0
    message = Message("user", job.question)
    for nodes in job.nodes:
        # No face of the engine takes a tree: in a reply, drafting would come between the passes.
        engine._decoder.drafter = FixedTree(nodes, target.vocabulary)
        generate = Generate("passes", (message,), "", Sampling(temperature=0.0), job.context)
        counted = []
        for step in engine.generate(generate):
            counted.append(step)
            if len(counted) == WARM_UP + job.passes:
                break
        assert len(counted) == WARM_UP + job.passes, "the reply ended too early: choose another question"
        counted = counted[WARM_UP:]
        assert all(step.nodes == nodes for step in counted)
        seconds.append([step.seconds.stream_wait + step.seconds.compute for step in counted])
        waits.append([step.seconds.stream_wait for step in counted])
        streamed = counted[-1].bytes_streamed
    bandwidth.append(measure_drive(largest, BANDWIDTH_SECONDS).read.value)
    return PassResult(
        resident=len(plan.layers) - len(plan.streamed_layers),
        layers=len(plan.layers),
        bandwidth=bandwidth,
        seconds=seconds,
        waits=waits,
        bytes_per_pass=streamed,
        peak_resident=peak_resident_bytes(),
        notes=list(engine.loaded.notes),
    )


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever waits for this process ends it
    out = Path(sys.argv[1])
    result = measure(read_pass_job(sys.stdin.read()))
    out.write_text(write_json(result), "utf-8")


if __name__ == "__main__":
    main()
