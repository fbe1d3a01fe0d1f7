from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from core.errors import GpuPackFailed
from core.gpu_pack.recipe import CUDA, LOCKS, OLDEST_DRIVER, TORCH_BACKEND, check_driver, find_recipe

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64", reason="there is a pack for Linux only"
)


@linux_only
def test_there_is_a_pack_for_this_system() -> None:
    recipe = find_recipe()
    assert recipe is not None
    assert recipe.lock.parent == LOCKS


def test_there_is_none_where_no_lock_is(tmp_path: Path) -> None:
    assert find_recipe(tmp_path) is None


def test_windows_takes_torch_from_where_its_build_for_cuda_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"windows-x86_64-cuda{CUDA}.txt").write_text("torch==1\n")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")
    recipe = find_recipe(tmp_path)
    assert recipe is not None
    assert recipe.torch_backend == TORCH_BACKEND["win32"]


@linux_only
def test_another_content_is_another_pack(tmp_path: Path) -> None:
    lock = tmp_path / f"linux-x86_64-cuda{CUDA}.txt"
    lock.write_text("torch==1\n")
    first = find_recipe(tmp_path)
    lock.write_text("torch==2\n")
    second = find_recipe(tmp_path)
    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_no_driver_is_told() -> None:
    with pytest.raises(GpuPackFailed, match="no NVIDIA card"):
        check_driver(None)


@pytest.mark.skipif(sys.platform not in OLDEST_DRIVER, reason="no pack for this system")
def test_an_old_driver_is_told_with_the_one_that_is_needed() -> None:
    with pytest.raises(GpuPackFailed, match=r"535\.104.*580"):
        check_driver("535.104.05")
    check_driver("580.65.06")
