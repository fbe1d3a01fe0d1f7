"""The machine as the window sees it, and the drive that is measured behind its back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.machine_watch import MachineWatch
from core.engine.messages import Started
from core.machine.direct_file import CHUNK
from core.machine.machine import Machine, Source
from core.machine.profile import recorded
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan
from tests.core.planning.samples import machine, small

WAIT = 15_000
STARTED = Started(1, 2.0, 400 << 20, "2", "5")


class Desk:
    """What a watch is told and what it has said."""

    def __init__(self, folder: Path) -> None:
        plan = make_plan(Request(replace(small(), folder=folder), None), machine())
        self.resident = plan
        self.streaming = replace(plan, layers=(Tier.SSD, *plan.layers[1:]))
        self.plan: Plan | None = None
        self.watch = MachineWatch(lambda: None, lambda: self.plan)
        self.machines: list[Machine] = []
        self.looks = 0
        self.watch.probed.connect(self.machines.append)
        self.watch.read.connect(self._count)

    def _count(self, _: object) -> None:
        self.looks += 1


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("app.machine_watch.GAUGE_INTERVAL_MS", 20)
    with (tmp_path / "model.safetensors").open("wb") as stream:
        stream.truncate(16 * CHUNK)
    desk = Desk(tmp_path)
    desk.watch.probe(tmp_path)
    desk.watch.start()
    qtbot.waitUntil(lambda: len(desk.machines) == 1, timeout=WAIT)
    yield desk
    desk.watch.close()


def test_the_engine_s_size_is_remembered(qtbot: QtBot, desk: Desk) -> None:
    desk.watch.record_engine(STARTED)
    qtbot.waitUntil(lambda: len(desk.machines) == 2, timeout=WAIT)
    assert desk.machines[-1].engine_bytes.value == 400 << 20
    assert desk.machines[-1].engine_bytes.source is Source.MEASURED


def test_a_drive_that_a_plan_streams_from_is_measured_once(qtbot: QtBot, desk: Desk) -> None:
    desk.watch.record_engine(STARTED)
    desk.plan = desk.streaming
    qtbot.waitUntil(lambda: desk.machines[-1].drive_threads.source is Source.MEASURED, timeout=WAIT)
    seen, looks = len(desk.machines), desk.looks
    qtbot.waitUntil(lambda: desk.looks > looks + 3, timeout=WAIT)
    assert len(desk.machines) == seen


@pytest.mark.parametrize(
    ("started", "plan"),
    [
        (True, lambda desk: None),
        (True, lambda desk: desk.resident),
        (True, lambda desk: replace(desk.streaming, shortfall=1)),
        (False, lambda desk: desk.streaming),
    ],
    ids=["something is loaded or written", "nothing streams", "the plan does not fit", "the engine is starting"],
)
def test_a_drive_is_left_alone_while(
    qtbot: QtBot, desk: Desk, tmp_path: Path, started: bool, plan: Callable[[Desk], Plan | None]
) -> None:
    if started:
        desk.watch.record_engine(STARTED)
    desk.plan = plan(desk)
    looks = desk.looks
    qtbot.waitUntil(lambda: desk.looks > looks + 3, timeout=WAIT)
    desk.watch.close()
    assert recorded("drive_read", tmp_path) is None


def test_nothing_is_measured_again_while_a_reply_is_written(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    asked: list[bool] = []
    desk.watch.measure_wanted.connect(lambda models, again: asked.append(again))
    desk.watch.record_engine(STARTED)
    desk.plan = None
    with qtbot.waitSignal(desk.watch.refused, timeout=WAIT) as said:
        desk.watch.measure_again()
    assert "while a model loads or writes" in said.args[0]
    assert recorded("drive_read", tmp_path) is None
    assert asked == []
    desk.plan = desk.resident
    desk.watch.measure_again()
    qtbot.waitUntil(lambda: recorded("drive_read", tmp_path) is not None, timeout=WAIT)
    assert True in asked
