"""The NVIDIA device that these tests run on."""

from __future__ import annotations

import pytest
import torch

from core.locations import DEMO_TARGET
from core.machine.machine import Machine
from tests.benchmarks.offload.cuda import device

DEVICE = device.DEVICE

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA device")


def machine() -> Machine:
    """This machine as the planner sees it."""
    torch.cuda.set_per_process_memory_fraction(1.0, DEVICE)  # an engine of an earlier test had a limit
    return device.machine(DEMO_TARGET)
