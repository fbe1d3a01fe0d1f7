"""Which other programs hold memory."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import psutil

from core.machine.machine import Machine, Program

LISTED = 3


def with_programs(machine: Machine) -> Machine:
    """This computer with the programs that hold most of its RAM. Looking takes up to 0.5 ms a process."""
    return replace(machine, programs=largest_programs())


def largest_programs() -> tuple[Program, ...]:
    """The programs that hold most RAM, largest first: processes of one name together; never ours."""
    own = _own()
    sizes: Counter[str] = Counter()
    for process in psutil.process_iter(["name", "memory_info"]):
        if process.pid not in own and process.info["memory_info"] is not None:
            sizes[process.info["name"] or "?"] += process.info["memory_info"].rss
    return _largest(sizes)


def named(bytes_by_process: Mapping[int, int]) -> tuple[Program, ...]:
    """The programs behind processes that hold some memory, as `largest_programs` lists them."""
    own = _own()
    sizes: Counter[str] = Counter()
    for pid, size in bytes_by_process.items():
        if pid not in own:
            sizes[_name(pid)] += size
    return _largest(sizes)


def _largest(sizes: Counter[str]) -> tuple[Program, ...]:
    return tuple(Program(name, size) for name, size in sizes.most_common(LISTED) if size > 0)


def _own() -> set[int]:
    """This process and those that it started: the engine is one."""
    ours = {os.getpid()}
    with contextlib.suppress(psutil.Error):  # A child ended while they were counted.
        ours |= {child.pid for child in psutil.Process().children(recursive=True)}
    return ours


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:  # It ended, or belongs to somebody else.
        return f"process {pid}"
