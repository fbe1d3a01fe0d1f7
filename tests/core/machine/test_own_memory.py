"""What a process holds, and what it has held at most."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.machine.own_memory import peak_resident_bytes, resident_bytes

ROOT = Path(__file__).parents[3]
MIB = 1 << 20


def test_what_is_held_is_what_the_system_counts() -> None:
    assert resident_bytes() == pytest.approx(psutil.Process().memory_info().rss, rel=0.05)
    assert peak_resident_bytes() >= resident_bytes() * 0.95


def test_a_peak_outlasts_the_memory_and_is_the_process_s_own() -> None:
    script = (
        "from core.machine.own_memory import peak_resident_bytes, resident_bytes\n"
        "before = peak_resident_bytes(); block = bytearray(b'x') * (64 << 20); del block\n"
        "print(before, peak_resident_bytes(), resident_bytes())"
    )
    held_by_the_parent = bytearray(b"x") * (256 * MIB)
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True)
    before, peak, now = (int(word) for word in ran.stdout.split())
    assert before < len(held_by_the_parent)
    assert peak > before + 60 * MIB
    assert now < peak - 60 * MIB


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' allocators are not told anything")
def test_large_blocks_go_back_even_from_between_small_ones() -> None:
    script = (
        "import sys\n"
        "from core.machine.own_memory import resident_bytes, return_large_blocks_at_once\n"
        "if sys.argv[1] == 'told': return_large_blocks_at_once()\n"
        "del_me = bytearray(30 << 20); del del_me  # from now on glibc would keep blocks of up to this size\n"
        "before, large, small = resident_bytes(), [], []\n"
        "for _ in range(10): large.append(bytearray(b'x') * (8 << 20)); small.append(bytearray(b'x') * (64 << 10))\n"
        "large.clear()\n"
        "print(resident_bytes() - before)"
    )
    kept = []
    for told in ("told", "left alone"):
        command = [sys.executable, "-c", script, told]
        kept.append(int(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout))
    assert kept[0] < 16 * MIB < kept[1]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' allocators are not told anything")
def test_pages_of_released_blocks_go_back_from_under_one_that_stays() -> None:
    script = (
        "from core.machine.own_memory import resident_bytes, return_free_pages\n"
        "blocks = [bytearray(b'x') * 5000 for _ in range(10_000)]; last = blocks.pop()\n"
        "held = resident_bytes(); blocks.clear()\n"
        "kept = resident_bytes(); return_free_pages(); print(held - kept, held - resident_bytes())"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True)
    at_once, returned = (int(word) for word in ran.stdout.split())
    assert at_once < 16 * MIB < 40 * MIB < returned
