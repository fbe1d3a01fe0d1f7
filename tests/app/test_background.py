from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from app.background import Background
from core.errors import BadRequest, PenjingError


def test_work_runs_in_another_thread_and_its_result_arrives_in_this_one(qtbot: QtBot) -> None:
    background = Background("test")
    seen: list[tuple[threading.Thread, threading.Thread]] = []
    errors: list[PenjingError] = []
    background.run(
        threading.current_thread, lambda worker: seen.append((worker, threading.current_thread())), errors.append
    )
    qtbot.waitUntil(lambda: bool(seen))
    worker, here = seen[0]
    assert here is threading.main_thread()
    assert worker is not here
    background.close()


def test_an_error_that_a_person_can_understand_goes_to_the_work_that_met_it(qtbot: QtBot) -> None:
    def fail() -> None:
        raise BadRequest("No.", "Yes.")

    background = Background("test")
    errors: list[PenjingError] = []
    background.run(fail, lambda _: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert str(errors[0]) == "No. Yes."
    background.close()


def test_a_bug_is_not_swallowed(qtbot: QtBot) -> None:
    background = Background("test")
    with qtbot.captureExceptions() as caught:
        background.run(lambda: 1 // 0, lambda _: None, lambda _: None)
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError
    background.close()


def test_what_was_begun_is_finished_before_it_closes(qtbot: QtBot) -> None:
    background = Background("test")
    done: list[int] = []
    for number in range(5):
        background.run(lambda number=number: done.append(number), lambda _: None, lambda _: None)  # type: ignore[misc]
    background.close()
    assert done == [0, 1, 2, 3, 4]
