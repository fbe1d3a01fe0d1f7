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
