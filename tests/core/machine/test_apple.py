"""Apple's graphics processor, from values that its computers give."""

from __future__ import annotations

import pytest

from core.machine.apple import apple_device
from core.machine.memory import Memory

GIB = 1 << 30


def test_a_mac_has_a_device_that_may_take_a_share_of_its_memory() -> None:
    device = apple_device("darwin", "arm64", "Apple M2", Memory(24 * GIB, 20 * GIB))
    assert device is not None
    assert (device.name, device.title) == ("mps", "Apple M2 graphics")
    assert (device.total_bytes, device.free_bytes) == (16 * GIB, 16 * GIB)
    assert device.shares_ram


def test_a_larger_mac_gives_it_more_and_none_has_more_free_than_there_is() -> None:
    device = apple_device("darwin", "arm64", "Apple M4 Max", Memory(64 * GIB, 10 * GIB))
    assert device is not None
    assert (device.total_bytes, device.free_bytes) == (48 * GIB, 10 * GIB)


@pytest.mark.parametrize(("system", "architecture"), [("darwin", "x86_64"), ("linux", "aarch64"), ("win32", "ARM64")])
def test_other_computers_have_none(system: str, architecture: str) -> None:
    assert apple_device(system, architecture, "A processor", Memory(24 * GIB, 20 * GIB)) is None
