"""What is made of the NVIDIA driver's answers. The driver itself stands outside: its answers are written down here."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from core.machine import nvidia
from core.machine.nvidia import read_devices

DEVICES = {
    "GPU-aaaa": SimpleNamespace(total=24 << 30, free=20 << 30, used=4 << 30),
    "GPU-bbbb": SimpleNamespace(total=8 << 30, free=8 << 30, used=0),
    "GPU-bbcc": SimpleNamespace(total=80 << 30, free=79 << 30, used=1 << 30),
}


@pytest.fixture(autouse=True)
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A driver with three devices; handles are their UUIDs."""
    processes = [SimpleNamespace(pid=7, usedGpuMemory=3 << 30), SimpleNamespace(pid=8, usedGpuMemory=None)]
    answers: dict[str, Any] = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: len(DEVICES),
        "nvmlDeviceGetHandleByIndex": lambda index: list(DEVICES)[index],
        "nvmlDeviceGetUUID": lambda handle: handle,
        "nvmlDeviceGetName": lambda handle: f"NVIDIA {handle}",
        "nvmlDeviceGetMemoryInfo": DEVICES.__getitem__,
        "nvmlDeviceGetMaxPcieLinkGeneration": lambda handle: 4,
        "nvmlDeviceGetMaxPcieLinkWidth": lambda handle: 16,
        "nvmlDeviceGetComputeRunningProcesses": lambda handle: processes,
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    nvidia._driver_present.cache_clear()
    yield
    nvidia._driver_present.cache_clear()


def refuse(error: int) -> Any:
    def answer(*_: Any) -> Any:
        raise pynvml.NVMLError(error)

    return answer


def test_devices_are_named_as_torch_names_them() -> None:
    first, second, third = read_devices()
    assert (first.name, first.title, first.total, first.free) == ("cuda:0", "NVIDIA GPU-aaaa", 24 << 30, 20 << 30)
    assert (second.name, third.name) == ("cuda:1", "cuda:2")
    assert first.bus == pytest.approx(31.5e9, rel=0.01)
    assert first.bytes_by_process == {7: 3 << 30}


@pytest.mark.parametrize(
    ("visible", "titles"),
    [
        ("2,0", ["GPU-bbcc", "GPU-aaaa"]),
        ("GPU-bbc", ["GPU-bbcc"]),
        ("GPU-bb", []),
        ("1, 9, 0", ["GPU-bbbb"]),
        ("-1", []),
        ("", []),
    ],
)
def test_only_visible_devices_count(monkeypatch: pytest.MonkeyPatch, visible: str, titles: list[str]) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    devices = read_devices()
    assert [device.title.removeprefix("NVIDIA ") for device in devices] == titles
    assert [device.name for device in devices] == [f"cuda:{index}" for index in range(len(titles))]


@pytest.mark.parametrize("error", [pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED])
def test_without_a_driver_there_are_no_devices(monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    monkeypatch.setattr(pynvml, "nvmlInit", refuse(error))
    assert read_devices() == ()


def test_a_device_that_is_lost_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", refuse(pynvml.NVML_ERROR_GPU_IS_LOST))
    assert read_devices() == ()


def test_what_a_device_does_not_tell_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMaxPcieLinkWidth", refuse(pynvml.NVML_ERROR_NOT_SUPPORTED))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", refuse(pynvml.NVML_ERROR_NO_PERMISSION))
    assert [(device.bus, device.bytes_by_process) for device in read_devices()] == [(0.0, {})] * 3
