"""A device that this PyTorch cannot use is a sentence, and the CPU has no device memory to count."""

from __future__ import annotations

import pytest
import torch

from core.engine.device import DeviceMemory, open_device
from core.errors import BadRequest


@pytest.mark.parametrize(
    ("name", "usable", "reason"),
    [
        ("cuda:0", torch.cuda.is_available(), "has no CUDA"),
        ("mps", torch.backends.mps.is_available(), "cannot use Apple's graphics"),
    ],
)
def test_an_accelerator_that_is_not_there_is_refused(name: str, usable: bool, reason: str) -> None:
    if usable:
        assert open_device(name).type == name.partition(":")[0]
        return
    with pytest.raises(BadRequest, match=reason):
        open_device(name)


def test_the_cpu_computes_from_ram() -> None:
    memory = DeviceMemory(open_device("cpu"), limit=0)
    assert (memory.held(), memory.peak()) == (0, 0)
