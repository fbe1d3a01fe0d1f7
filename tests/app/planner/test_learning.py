"""Replies are remembered beside their plan, and the next plan of the pair knows of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.planner.learning import Learning
from core.decoding.report import FinishReason, ReplySummary, Speculation, StepReport, StepSeconds, TreeReport
from core.engine.messages import Loaded
from core.planning.history import History
from core.planning.knowledge import Knowledge
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan
from tests.core.planning.samples import draft, machine, model

HERE = machine()
PLAN = make_plan(Request(model(), draft(), budget=64), HERE)
TREE = TreeReport((1,), ("a",), (-1,), (1.0,), (0.0,), (0,), ("",), (), 0, 2, "b")


def step(index: int, seconds: float, tokens: int) -> StepReport:
    taken = StepSeconds(0.0, 0.0, seconds, 0.0)
    return StepReport(index, TREE, (1,) * tokens, "", 1, 0, taken, 0, 0, 0, 0)


def summary(reason: FinishReason = FinishReason.END) -> ReplySummary:
    spoken = Speculation(True, "", "model")
    return ReplySummary("", (), reason, 9, 11, 4.0, 8.0, 2.0, 7.0, 3 << 30, 0, spoken, 0)


@pytest.fixture
def learning(tmp_path: Path, qtbot: QtBot) -> Learning:
    return Learning(lambda: HERE, History(tmp_path / "runs.sqlite3"))


def write(learning: Learning, reason: FinishReason = FinishReason.END) -> None:
    learning.loaded(Loaded(PLAN, Speculation(True, "", "model"), 1.0, 1 << 30, 0, ()))
    for index in range(11):
        learning.add_step(step(index, 9.0 if index in (0, 5) else 2.0, 4))
    learning.finish(summary(reason))


def planned(knowledge: Knowledge) -> Plan:
    return make_plan(Request(model(), draft(), budget=64), HERE, knowledge)


def test_a_reply_corrects_the_next_prediction(learning: Learning, qtbot: QtBot) -> None:
    found: list[Knowledge] = []
    learning.known.connect(found.append)
    learning.recall(model(), draft())
    write(learning)
    qtbot.waitUntil(lambda: bool(found) and bool(found[-1].experience.runs), timeout=5000)
    (run,) = found[-1].experience.runs
    # The step that reads the prompt and the one that was disturbed are left out.
    assert run.actual.step_seconds == pytest.approx(2.0)
    assert run.actual.tokens_per_second == pytest.approx(2.0)
    speed = planned(found[-1]).speed
    assert speed is not None
    assert speed.step_seconds == pytest.approx(2.0)
    learning.close()


def test_a_reply_that_was_broken_off_teaches_nothing(learning: Learning, qtbot: QtBot, tmp_path: Path) -> None:
    write(learning, FinishReason.CANCELLED)
    learning.close()
    history = History(tmp_path / "runs.sqlite3")
    assert history.of(model(), draft(), HERE).runs == ()
    assert len(history.loads(PLAN, HERE)) == 1
