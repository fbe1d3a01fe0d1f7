"""The process whose memory a test looks at: one reply under a limit of VRAM, then what was held as JSON."""

from __future__ import annotations

import json
import sys

import torch

from core.engine.engine import Engine
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.own_memory import peak_resident_bytes
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Request
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from tests.benchmarks import demo
from tests.cuda.device import DEVICE, machine


def main() -> None:
    request = Request(
        open_checkpoint(DEMO_TARGET),
        open_checkpoint(DEMO_DRAFT),
        str(DEVICE),
        demo.CONTEXT,
        vram_limit=int(sys.argv[1]),
        reserve=0,
        budget=64,
    )
    plan = make_plan(request, machine())
    engine = Engine(plan)
    for _ in engine.generate(demo.request(demo.questions()[0], Sampling(), None, 32)):
        pass
    assert engine.summary is not None
    torch.cuda.synchronize()
    held = {
        "streamed_layers": len(plan.streamed_layers),
        "free": torch.cuda.mem_get_info(DEVICE)[0],
        "reserved": engine.summary.peak_vram_bytes,
        "ram": peak_resident_bytes(),
        "planned_ram": sum(use.ours for use in plan.use if use.tier == "ram"),
    }
    print(json.dumps(held))
    engine.close()


if __name__ == "__main__":
    main()
