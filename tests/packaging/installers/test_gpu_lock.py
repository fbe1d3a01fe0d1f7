"""Lists of the pack for NVIDIA cards hold what the program was tested with, and nothing is written down otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gpu_lock
from core.gpu_pack.recipe import CUDA, LOCKS, TORCH_BACKEND

LINUX = LOCKS / f"linux-x86_64-cuda{CUDA}.txt"
WINDOWS = TORCH_BACKEND["win32"]


def windows_like(lock: str) -> str:
    """What a list for Windows looks like: torch from an index of its own, with NVIDIA's libraries inside."""
    lock = re.sub(r"(?m)^(nvidia-(?!ml-py)|cuda-|triton)[^\n]*\n( +--hash[^\n]*\n)+", "", lock)
    return re.sub(r"(?m)^(torch==[0-9.]+)", rf"\1+{WINDOWS}", lock)


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda lock: lock.stem)
def test_every_list_that_is_shipped_is_right(lock: Path) -> None:
    system, _ = gpu_lock.PLATFORMS[lock.stem]
    text = lock.read_text()
    gpu_lock.check(text, TORCH_BACKEND.get(system, ""))
    assert {"torch", "transformers", "safetensors", "psutil"} <= gpu_lock.pinned(text).keys()


def test_a_list_for_windows_has_the_build_for_cuda() -> None:
    text = windows_like(LINUX.read_text())
    gpu_lock.check(text, WINDOWS)
    with pytest.raises(gpu_lock.WrongLock, match="no CUDA build"):
        gpu_lock.check(text.replace(f"+{WINDOWS}", ""), WINDOWS)
    with pytest.raises(gpu_lock.WrongLock, match="no CUDA build"):
        gpu_lock.check(text.replace(f"+{WINDOWS}", "+cpu"), WINDOWS)


@pytest.mark.parametrize(
    ("pattern", "becomes", "said"),
    [
        (r"(?m)^transformers==\S+", "transformers==1.0", "transformers is 1.0 in the list"),
        (r"(?m)^(psutil==\S+ \\\n)( +--hash[^\n]*\n)+", r"psutil==7.2.2\n", "psutil==7.2.2 has .* no checksum"),
        (r"(?m)^psutil==\S+", "psutil>=7", "psutil>=7 has no version or no checksum"),
        (r"(?m)^nvidia-cudnn\S*==", "nvidia-other==", "no CUDA build"),
        (r"(?m)^shellingham==\S+", "PySide6-Essentials==6.11.3", "Qt is in the list"),
    ],
)
def test_a_wrong_list_is_refused(pattern: str, becomes: str, said: str) -> None:
    text, count = re.subn(pattern, becomes, LINUX.read_text())
    assert count == 1
    with pytest.raises(gpu_lock.WrongLock, match=said):
        gpu_lock.check(text, "")


def test_a_wrong_list_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_lock, "LOCKS", tmp_path)
    monkeypatch.setattr(gpu_lock, "resolve", lambda platform, backend: "torch==2.13.0 --hash=sha256:0\n")
    with pytest.raises(gpu_lock.WrongLock):
        gpu_lock.main([])
    assert not list(tmp_path.iterdir())
