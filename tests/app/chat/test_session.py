from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.chat.history import History, Role, age_group
from app.chat.keeper import Keeper
from app.chat.session import Session
from app.chat.turn import Chat, NextStep, State, Turn, footer, title_of
from app.settings.settings import Settings
from core.chat.message import Message
from core.chat.store import ChatStore, Conversation
from core.decoding.report import FinishReason, ReplySummary, Speculation
from core.engine.messages import Failed, Generate


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chats.sqlite3"


@pytest.fixture
def keeper(qapp: object, file: Path) -> Iterator[Keeper]:
    keeper = Keeper(file)
    yield keeper
    keeper.close()


@pytest.fixture
def settings() -> Settings:
    return Settings(random_seed=False, seed=7)


@pytest.fixture
def session(keeper: Keeper, settings: Settings) -> Session:
    session = Session(keeper, lambda: settings)
    session.set_ready(True)
    return session


@pytest.fixture
def asked(session: Session) -> list[Generate]:
    requests: list[Generate] = []
    session.asked.connect(requests.append)
    return requests


def summary(text: str, reason: FinishReason = FinishReason.END) -> ReplySummary:
    speculation = Speculation(True, "", "model")
    return ReplySummary(text, (1, 2, 3), reason, 5, 1, 3.0, 8.4, 0.5, 1.0, 1, 0, speculation, 7)


def stored(file: Path) -> list[tuple[str, str]]:
    """What is on disk now, as another program would see it."""
    with closing(sqlite3.connect(file)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'messages'").fetchall():
            return []
        return connection.execute("SELECT role, content FROM messages ORDER BY id").fetchall()


def test_a_question_goes_to_the_engine_with_all_that_was_said(
    session: Session, asked: list[Generate], settings: Settings
) -> None:
    settings.system_prompt = "Be brief."
    session.send("First?")
    session.finish(asked[0].reply, summary("One."))
    session.send("Second?")
    assert asked[1].messages == (
        Message("system", "Be brief."),
        Message("user", "First?"),
        Message("assistant", "One."),
        Message("user", "Second?"),
    )
    assert asked[1].sampling.seed == 7
    assert asked[0].reply != asked[1].reply


def test_random_seeds_differ(session: Session, asked: list[Generate], settings: Settings) -> None:
    settings.random_seed = True
    session.send("First?")
    session.finish(asked[0].reply, summary("One."))
    session.regenerate()
    assert asked[0].sampling.seed != asked[1].sampling.seed


def test_a_chat_is_on_disk_from_the_first_token_on(
    qtbot: QtBot, session: Session, asked: list[Generate], file: Path
) -> None:
    session.send("What is it?")
    session._saving.stop()
    session.add_text(asked[0].reply, "It ")
    qtbot.waitUntil(lambda: file.exists() and stored(file) == [("user", "What is it?"), ("assistant", "It ")])
    session._saving.start()
    session.add_text(asked[0].reply, "is")
    qtbot.waitUntil(lambda: stored(file)[-1:] == [("assistant", "It is")], timeout=2000)


def test_a_chat_comes_back_as_it_was(
    qtbot: QtBot, session: Session, asked: list[Generate], keeper: Keeper, file: Path
) -> None:
    session.send("What is it?")
    session.add_text(asked[0].reply, "It is.")
    session.finish(asked[0].reply, summary("It is."))
    before = session.chat
    found: list[Conversation] = []
    keeper.list("", found.extend)
    qtbot.waitUntil(lambda: bool(found))
    chats: list[Chat] = []
    keeper.open(found[0], chats.append)
    qtbot.waitUntil(lambda: bool(chats))
    assert chats[0].title == "What is it?"
    assert [(t.role, t.content, t.state, t.facts) for t in chats[0].turns] == [
        (t.role, t.content, t.state, t.facts) for t in before.turns
    ]


def test_without_a_model_the_question_waits_until_one_is_loaded(
    qtbot: QtBot, session: Session, asked: list[Generate]
) -> None:
    session.set_ready(False)
    with qtbot.waitSignal(session.load_wanted):
        session.send("Hello?")
    session.explain_wait("Loading x first.")
    assert (asked, session.chat.turns[-1].note) == ([], "Loading x first.")
    session.set_ready(True)
    assert len(asked) == 1


def test_an_engine_that_stops_leaves_what_it_had_written(
    qtbot: QtBot, session: Session, asked: list[Generate], file: Path
) -> None:
    session.send("Tell me.")
    session.add_text(asked[0].reply, "Once upon")
    session.engine_stopped("The engine stopped.", "Load again.")
    turn = session.chat.turns[-1]
    assert (turn.content, turn.state, turn.note) == ("Once upon", State.STOPPED, "The engine stopped. Load again.")
    assert not session.busy
    qtbot.waitUntil(lambda: stored(file)[-1:] == [("assistant", "Once upon")])
    session.add_text(asked[0].reply, " a time")
    assert turn.content == "Once upon", "text of a reply that has ended was taken"


def test_what_comes_late_of_an_earlier_reply_is_not_taken_for_the_next(session: Session, asked: list[Generate]) -> None:
    session.send("One?")
    session.fail("No.", "", NextStep.NONE)
    session.send("Two?")
    session.add_text(asked[0].reply, "late")
    session.finish(asked[0].reply, summary("late"))
    assert session.busy
    assert session.chat.turns[-1].content == ""


def test_a_failure_is_said_where_the_reply_would_be(session: Session, asked: list[Generate]) -> None:
    session.send("Long?")
    session.engine_failed(Failed("PromptTooLong", "The conversation is too long.", "Start a new chat.", asked[0].reply))
    turn = session.chat.turns[-1]
    assert (turn.state, turn.note) == (State.FAILED, "The conversation is too long. Start a new chat.")
    assert turn.next_step is NextStep.NEW_CHAT


def test_a_failed_load_ends_the_wait_but_not_a_reply(session: Session, asked: list[Generate]) -> None:
    session.send("One?")
    session.engine_failed(Failed("DoesNotFit", "Too big.", "Choose another.", ""))
    assert session.busy
    session.finish(asked[0].reply, summary("Yes."))
    session.set_ready(False)
    session.send("Two?")
    session.engine_failed(Failed("DoesNotFit", "Too big.", "Choose another.", ""))
    assert session.chat.turns[-1].state is State.FAILED


def test_a_stopped_reply_stays_and_is_said_to_be_stopped(qtbot: QtBot, session: Session, asked: list[Generate]) -> None:
    session.send("Go")
    session.add_text(asked[0].reply, "Half a sen")
    with qtbot.waitSignal(session.cancel_wanted):
        session.stop()
    session.finish(asked[0].reply, summary("Half a sen", FinishReason.CANCELLED))
    assert session.chat.turns[-1].state is State.STOPPED
    assert session.chat.turns[-1].content == "Half a sen"


def test_a_reply_goes_on_while_another_chat_is_open(session: Session, asked: list[Generate]) -> None:
    session.send("Long story?")
    first = session.chat
    session.new_chat()
    shown: list[str] = []
    session.text_added.connect(shown.append)
    session.add_text(asked[0].reply, "Once")
    assert shown == []
    session.send("Another?")
    assert len(asked) == 1, "two replies were asked for at once"
    session.show_chat(first)
    assert session.chat.turns[-1].content == "Once"


def test_a_disk_that_is_full_is_told_and_the_reply_goes_on(qtbot: QtBot, tmp_path: Path, settings: Settings) -> None:
    keeper = Keeper(tmp_path / "no such folder" / "chats.sqlite3")
    session = Session(keeper, lambda: settings)
    session.set_ready(True)
    with qtbot.waitSignal(keeper.failed, timeout=5000) as failed:
        session.send("Hello?")
    assert "no such folder" in failed.args[0]
    assert session.busy
    (tmp_path / "no such folder").mkdir()
    session.fail("Never mind.", "", NextStep.NONE)
    file = tmp_path / "no such folder" / "chats.sqlite3"
    qtbot.waitUntil(lambda: file.exists() and len(stored(file)) == 2)
    keeper.close()


def test_a_reply_that_was_being_written_when_the_program_died_counts_as_stopped() -> None:
    turn = Turn("assistant", "Half", State.WRITING)
    assert turn.details["state"] == State.STOPPED


def test_conversations_are_listed_under_their_day_and_found_by_their_words(
    qtbot: QtBot, keeper: Keeper, file: Path
) -> None:
    store = ChatStore(file)
    for title in ("Joining paths", "Heaps"):
        conversation = store.create(title)
        store.append(conversation.id, "user", f"Tell me about {title}")
    store.close()
    history = History(keeper)
    history.refresh()
    qtbot.waitUntil(lambda: history.rowCount() == 3)
    texts = [history.index(row).data() for row in range(3)]
    assert texts == ["Today", "Heaps", "Joining paths"]
    assert [history.index(row).data(Role.IS_HEADING) for row in range(3)] == [True, False, False]
    history.set_search("joining")
    qtbot.waitUntil(lambda: history.rowCount() == 2)
    assert history.index(1).data() == "Joining paths"


@pytest.mark.parametrize(
    ("days", "group"), [(0, "Today"), (1, "Yesterday"), (3, "Last 7 days"), (20, "Last 30 days"), (400, "Earlier")]
)
def test_the_groups_of_the_history(days: int, group: str) -> None:
    from datetime import date, timedelta

    today = date(2026, 3, 1)
    assert age_group(today - timedelta(days=days), today) == group


def test_a_title_is_the_beginning_of_the_question_in_one_line() -> None:
    assert title_of("What\n  does it do?") == "What does it do?"
    assert len(title_of("word " * 100)) <= 48


def test_the_line_under_a_reply_says_what_it_cost() -> None:
    from app.chat.turn import facts_of

    line = footer(facts_of(summary("Yes.")))
    assert line == "3 tokens · 8.4 tok/s · 3.0 per step · first after 0.50 s · seed 7 · speculation on: draft model"
