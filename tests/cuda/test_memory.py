"""What the engine takes of a device stays within `--vram`, the driver's share included, and goes back at the end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.engine.device import give_back_device_memory
from core.engine.engine import Engine
from core.machine.nvidia import read_devices
from core.machine.own_memory import give_back
from core.planning.placement import DEVICE_CONTEXT
from tests.cuda.device import DEVICE, needs_cuda
from tests.cuda.test_replies import planned

pytestmark = needs_cuda

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("room", ["least", "half", "all"])
def test_a_process_stays_within_its_limit(room: str) -> None:
    plan = planned("bfloat16")
    least, most = plan.minimum_limit, plan.resident_limit
    limit = {"least": least, "half": (least + most) // 2, "all": most}[room]
    free = torch.cuda.mem_get_info(DEVICE)[0]
    command = [sys.executable, "-m", "tests.cuda.one_reply", str(limit)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    held = json.loads(run.stdout.splitlines()[-1])
    driver = free - held["free"] - held["reserved"]
    print(f"{room}: limit {limit >> 20} MiB, torch {held['reserved'] >> 20}, driver {driver >> 20}, {held}")
    assert (held["streamed_layers"] > 0) == (room != "all")
    assert held["reserved"] <= limit - DEVICE_CONTEXT
    assert driver <= DEVICE_CONTEXT
    assert free - held["free"] <= limit


def test_unloading_gives_all_of_it_back() -> None:
    engine = Engine(planned())
    assert engine.loaded.vram_bytes > 0
    engine.close()
    del engine
    give_back()
    give_back_device_memory()
    assert torch.cuda.memory_allocated(DEVICE) < 128 << 20  # what torch's matrix libraries keep


def test_the_driver_names_the_device_that_torch_sees() -> None:
    (first, *_) = read_devices()
    assert first.name == str(DEVICE)
    assert first.title == torch.cuda.get_device_name(DEVICE)
    assert abs(first.total - torch.cuda.mem_get_info(DEVICE)[1]) < 2 << 30
