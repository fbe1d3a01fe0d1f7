"""What is read before a model is there: of a large one the headers, and after a cancel nothing more."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.engine.engine import Engine
from core.engine.messages import Loading
from core.errors import Cancelled
from core.locations import DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan
from tests.core.models.folders import LLAMA_70B, write_sharded_model

MIB, GIB = 1 << 20, 1 << 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint of 141 GB that takes no room."""
    folder = write_sharded_model(tmp_path / "70B", LLAMA_70B, shards=30)
    shutil.copy(DEMO_TARGET / "tokenizer.json", folder)
    return folder


def plan_for(folder: Path) -> Plan:
    """A layer or two resident, the others streamed, on a computer that has room for that."""
    machine = replace(probe_machine(folder), ram_total=64 * GIB, ram_available=48 * GIB)
    request = Request(open_checkpoint(folder), None, device="cpu", context=1024, dtype="bfloat16")
    least = make_plan(request, machine).minimum_limit
    return make_plan(replace(request, ram_limit=least + 4 * GIB), machine)


def bytes_read() -> int:
    """By this process so far, from wherever."""
    name, count = Path("/proc/self/io").read_text().splitlines()[0].split()
    assert name == "rchar:"
    return int(count)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process reads")
def test_a_large_model_is_planned_from_its_headers_alone(folder: Path) -> None:
    before = bytes_read()
    plan = plan_for(folder)
    assert plan.fits
    assert plan.streamed_layers
    assert bytes_read() - before < MIB


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process reads")
def test_a_load_begins_with_the_weights_themselves(folder: Path) -> None:
    plan = plan_for(folder)
    before = bytes_read()
    with pytest.raises(Cancelled):
        Engine(plan, cancelled=lambda: True)
    assert bytes_read() - before < 64 * MIB


def test_a_cancel_ends_a_load_at_once_even_where_it_never_waits_for_the_drive(folder: Path) -> None:
    seen: list[Loading] = []

    def progress(event: Loading) -> None:
        assert len(seen) < 6, "the load goes on"
        seen.append(event)
        time.sleep(0.05)  # The drive is ahead.

    with pytest.raises(Cancelled):
        Engine(plan_for(folder), progress, cancelled=lambda: len(seen) >= 3)
    assert len(seen) == 3
    assert seen[-1].total > 2 * GIB > 20 * seen[-1].done
