"""Penjing itself, with its draft model or without speculation."""

from __future__ import annotations

from dataclasses import replace

from core.chat.message import Message
from core.engine.engine import Engine
from core.engine.messages import Generate
from core.machine.bandwidth import survey_drive
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Request
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from core.sizes import format_size
from tests.benchmarks.offload.job import Job, Prompt
from tests.benchmarks.offload.tape import Tape


class Contestant:
    """An engine planned for the limit. The setting "draft" is 1 or 0.

    With "vram", bytes, it computes on the NVIDIA device, to which "bus" bytes a second can be copied.
    """

    def __init__(self, job: Job) -> None:
        target = open_checkpoint(job.path("model"))
        draft = open_checkpoint(job.path("draft")) if job.settings["draft"] else None
        request = Request(target, draft, device="cpu", context=job.context, ram_limit=job.limit, reserve=0)
        limits = f"--ram {format_size(job.limit)}"
        if vram := int(job.settings.get("vram", 0)):
            from tests.benchmarks.offload.cuda.device import DEVICE, machine

            request = replace(request, device=str(DEVICE), vram_limit=vram, dtype="bfloat16")
            here = machine(target.folder, job.settings["bus"], job.limit)
            limits = f"--vram {format_size(vram)}"
        else:
            survey_drive(target.folder)
            here = probe_machine(target.folder)
        plan = make_plan(request, here)
        self._engine = Engine(plan)
        resident = len(plan.layers) - len(plan.streamed_layers)
        trees = f"trees of up to {plan.budget} nodes" if draft else "no draft"
        self.how = f"{limits}, {plan.dtype}, {trees} (planned), {resident} of {len(plan.layers)} layers resident"

    def write(self, prompt: Prompt, new_tokens: int, tape: Tape) -> None:
        request = Generate("benchmark", (Message("user", prompt.question),), "", Sampling(temperature=0.0), new_tokens)
        for step in self._engine.generate(request):
            tape.passed(step.seconds.stream_wait + step.seconds.compute)
            tape.add(step.committed)
        summary = self._engine.summary
        assert summary is not None
        assert summary.prompt_tokens == len(prompt.tokens), "another chat template"
