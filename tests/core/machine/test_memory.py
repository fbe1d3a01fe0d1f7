"""How much memory there is."""

from __future__ import annotations

import psutil

from core.machine.memory import read_memory


def test_no_more_is_offered_than_the_computer_has() -> None:
    memory = read_memory()
    assert 0 < memory.available <= memory.total <= psutil.virtual_memory().total
