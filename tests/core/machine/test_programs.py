"""Who holds memory, by name: other programs, not ours."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from core.machine.machine import Program
from core.machine.programs import LISTED, largest_programs, named


@pytest.fixture
def child() -> Iterator[int]:
    """A process of ours that holds some memory."""
    code = "held = bytearray(64 << 20); print('ready', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_the_largest_come_first_and_few_are_listed() -> None:
    found = largest_programs()
    assert len(found) <= LISTED
    assert [program.bytes for program in found] == sorted((program.bytes for program in found), reverse=True)


def test_neither_this_process_nor_one_that_it_started_is_among_them(child: int) -> None:
    assert named({os.getpid(): 1 << 30, child: 1 << 30}) == ()


def test_processes_of_one_name_count_together() -> None:
    parent = os.getppid()
    name = psutil.Process(parent).name()
    assert named({parent: 5, 2**22 + 1: 3}) == (Program(name, 5), Program(f"process {2**22 + 1}", 3))
