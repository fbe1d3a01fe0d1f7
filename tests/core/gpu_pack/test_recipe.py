from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

import pytest

from core.errors import GpuPackFailed
from core.gpu_pack.recipe import CUDA, LOCKS, OLDEST_DRIVER, check_driver, find_recipe

ROOT = Path(__file__).resolve().parents[3]
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


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda lock: lock.stem)
def test_a_lock_pins_what_the_program_pins_with_a_checksum_for_each(lock: Path) -> None:
    text = lock.read_text()
    pins = dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+)", text))
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]
    assert len(entries) == len(pins) > 20
    assert all("--hash=sha256:" in entry for entry in entries)
    ours = dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "constraints.txt").read_text()))
    ours = {name.lower().replace("_", "-"): version for name, version in ours.items()}
    assert {name: version for name, version in pins.items() if name in ours} == {
        name: ours[name] for name in pins if name in ours
    }
    assert {"torch", "transformers", "safetensors", "psutil"} <= set(pins)
    assert any(name.startswith("nvidia-cudnn") for name in pins)
    assert "pyside6-essentials" not in pins


def test_no_driver_is_told() -> None:
    with pytest.raises(GpuPackFailed, match="no NVIDIA card"):
        check_driver(None)


@pytest.mark.skipif(sys.platform not in OLDEST_DRIVER, reason="no pack for this system")
def test_an_old_driver_is_told_with_the_one_that_is_needed() -> None:
    with pytest.raises(GpuPackFailed, match=r"535\.104.*580"):
        check_driver("535.104.05")
    check_driver("580.65.06")
