"""The NVIDIA device that these tests run on, and the machine around it as the planner sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.locations import DEMO_TARGET
from core.machine.machine import Device, Figure, Machine, Source
from core.machine.probe import probe_machine

DEVICE = torch.device("cuda:0")

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA device")


def machine() -> Machine:
    """This machine with this one device, whatever the driver's own interface says of it."""
    free, total = torch.cuda.mem_get_info(DEVICE)
    device = Device(str(DEVICE), torch.cuda.get_device_name(DEVICE), total, free)
    bus = Figure(10e9, Source.ASSUMED, "It does not matter here.")
    return replace(probe_machine(DEMO_TARGET), devices=(device,), host_to_device=bus)
