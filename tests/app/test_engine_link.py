from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.engine_link import EngineLink
from core.decoding.report import FinishReason, ReplySummary, StepReport
from core.engine.client import EngineClient
from core.engine.messages import Failed, Generate, Loaded, Loading, Started
from core.planning.plan import Plan, Tier

WAIT = 10_000


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(
        model=tmp_path,
        draft=None,
        device="cpu",
        dtype="float32",
        kv_dtype="float32",
        context=64,
        budget=1,
        layers=(Tier.RAM,),
        experts=(Tier.RAM,),
        embedding=Tier.RAM,
        head=Tier.RAM,
        kv=Tier.RAM,
        draft_tier=None,
        staging_slots=0,
        expert_slots=0,
        reading_threads=1,
        use=(),
        shortfall=0,
        minimum_limit=1,
        resident_limit=1,
        speed=None,
        warnings=(),
    )


def test_a_process_starts_and_loads_a_plan(qtbot: QtBot, link: EngineLink, plan: Plan) -> None:
    with qtbot.waitSignal(link.started, timeout=WAIT) as started:
        link.start()
    assert isinstance(started.args[0], Started)
    assert started.args[0].pid == link.pid
    progress: list[Loading] = []
    link.loading.connect(progress.append)
    with qtbot.waitSignal(link.loaded, timeout=WAIT) as loaded:
        link.load(plan)
    assert progress == [Loading(1, 2, "layer 1")]
    assert isinstance(loaded.args[0], Loaded)
    assert loaded.args[0].plan == plan


def test_a_load_before_the_process_is_up_is_not_lost(qtbot: QtBot, link: EngineLink, plan: Plan) -> None:
    with qtbot.waitSignal(link.loaded, timeout=WAIT):
        link.load(plan)


def test_all_text_and_steps_of_a_reply_come_before_its_end(qtbot: QtBot, link: EngineLink) -> None:
    seen: list[tuple[str, object]] = []
    link.text.connect(lambda reply, text: seen.append(("text", text)))
    link.stepped.connect(lambda reply, steps: seen.append(("steps", steps)))
    link.finished.connect(lambda reply, summary: seen.append(("end", summary)))
    link.start()
    with qtbot.waitSignal(link.finished, timeout=WAIT):
        link.generate(Generate("r1", prompt="500 end"))
    kinds = [kind for kind, _ in seen]
    assert kinds[-1] == "end"
    assert "".join(str(text) for kind, text in seen if kind == "text") == "".join(f"word{n} " for n in range(500))
    steps = [report for kind, batch in seen if kind == "steps" and isinstance(batch, list) for report in batch]
    assert [report.step for report in steps if isinstance(report, StepReport)] == list(range(500))
    assert len(kinds) < 200, "500 steps were passed on one by one"


def test_a_cancel_ends_a_reply_with_what_was_written(qtbot: QtBot, link: EngineLink) -> None:
    link.start()
    with qtbot.waitSignal(link.text, timeout=WAIT):
        link.generate(Generate("r1", prompt="3 wait"))
    with qtbot.waitSignal(link.finished, timeout=WAIT) as finished:
        link.cancel()
    summary = finished.args[1]
    assert isinstance(summary, ReplySummary)
    assert summary.finish_reason is FinishReason.CANCELLED
    assert summary.text == "word0 word1 word2 "


def test_a_failure_is_passed_on_and_the_process_goes_on(qtbot: QtBot, link: EngineLink) -> None:
    link.start()
    with qtbot.waitSignal(link.failed, timeout=WAIT) as failed:
        link.generate(Generate("r1", prompt="1 fail"))
    assert failed.args[0] == Failed("PromptTooLong", "The conversation is too long.", "Start a new chat.", "r1")
    with qtbot.waitSignal(link.finished, timeout=WAIT):
        link.generate(Generate("r2", prompt="1 end"))


def test_a_crash_is_told_with_all_that_was_received_and_a_fresh_process_comes(
    qtbot: QtBot, link: EngineLink, plan: Plan
) -> None:
    texts: list[str] = []
    link.text.connect(lambda reply, text: texts.append(text))
    with qtbot.waitSignal(link.started, timeout=WAIT):
        link.start()
    first = link.pid
    farewells: list[tuple[str, str]] = []
    link.stopped.connect(lambda what, remedy: farewells.append((what, remedy)))
    with qtbot.waitSignals([link.stopped, link.started], timeout=WAIT, order="strict"):
        link.generate(Generate("r1", prompt="20 crash"))
    [(what, remedy)] = farewells
    assert "engine stopped" in what
    assert remedy
    assert "".join(texts) == "".join(f"word{n} " for n in range(20))
    assert link.pid not in (None, first)
    with qtbot.waitSignal(link.loaded, timeout=WAIT):
        link.load(plan)


def test_a_process_killed_from_outside_is_replaced(qtbot: QtBot, link: EngineLink) -> None:
    with qtbot.waitSignal(link.started, timeout=WAIT):
        link.start()
    assert link.pid is not None
    with qtbot.waitSignals([link.stopped, link.started], timeout=WAIT):
        os.kill(link.pid, signal.SIGKILL)


def test_kill_frees_the_process(qtbot: QtBot, link: EngineLink) -> None:
    with qtbot.waitSignal(link.started, timeout=WAIT):
        link.start()
    pid = link.pid
    assert pid is not None
    with qtbot.waitSignal(link.stopped, timeout=WAIT):
        link.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_that_never_comes_up_is_told_once_and_not_tried_for_ever(
    qtbot: QtBot, tmp_path: Path, plan: Plan
) -> None:
    tries = 0

    def broken() -> EngineClient:
        nonlocal tries
        tries += 1
        return EngineClient(str(tmp_path / "no such python"))

    link = EngineLink(broken)
    with qtbot.waitSignal(link.stopped, timeout=WAIT) as stopped:
        link.start()
    assert "could not be started" in stopped.args[0]
    qtbot.wait(100)
    assert tries == 1
    with qtbot.waitSignal(link.stopped, timeout=WAIT):
        link.load(plan)
    link.close()


def test_closing_ends_the_process_without_telling(qtbot: QtBot, make_client: Callable[[], EngineClient]) -> None:
    link = EngineLink(make_client)
    with qtbot.waitSignal(link.started, timeout=WAIT):
        link.start()
    pid = link.pid
    assert pid is not None
    with qtbot.assertNotEmitted(link.stopped):
        link.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
