from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.chat.chat_settings import ChatSettings, Pair
from app.chat.facts import facts_of, footer, joined
from app.chat.history import History, Role, age_group
from app.chat.keeper import Keeper
from app.chat.session import Session
from app.chat.turn import Chat, NextStep, State, Turn
from app.chat.writing import Writing
from app.settings.settings import Settings
from core.chat.conversation import Conversation, title_of
from core.chat.message import Message
from core.chat.store import ChatStore
from core.decoding.report import FinishReason
from core.engine.messages import Failed, Generate
from tests.app.chat.conftest import step, summary


def stored(file: Path) -> list[tuple[str, str]]:
    """What is on disk now, as another program would see it."""
    with closing(sqlite3.connect(file)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'messages'").fetchall():
            return []
        whole = "content || coalesce((SELECT group_concat(text, '') FROM pieces WHERE message = messages.id), '')"
        return connection.execute(f"SELECT role, {whole} FROM messages ORDER BY id").fetchall()


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
    session.regenerate(session.chat.turns[-1])
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
    keeper.conversations("", lambda listed: found.extend(each.conversation for each in listed[0]))
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
    heard: list[str] = []
    session.text_added.connect(lambda _, text: heard.append(text))
    session.add_text(asked[0].reply, "Once")
    assert heard == []
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
    line = footer(facts_of(summary("Yes.")))
    assert line == "3 tokens · 8.4 tok/s · 3.0 per step · first after 0.50 s · seed 7 · speculation on: draft model"


def shown(session: Session) -> list[str]:
    return [turn.content for turn in session.chat.turns]


def answer(session: Session, asked: list[Generate], text: str) -> None:
    session.finish(asked[-1].reply, summary(text))


def test_every_reply_is_kept_and_one_is_shown(
    qtbot: QtBot, session: Session, asked: list[Generate], keeper: Keeper
) -> None:
    session.send("What?")
    answer(session, asked, "One.")
    session.regenerate(session.chat.turns[1])
    answer(session, asked, "Two.")
    assert shown(session) == ["What?", "Two."]
    assert asked[0].messages == asked[1].messages
    session.send("And?")
    answer(session, asked, "Three.")
    first, second = session.chat.turns[1].alternatives
    session.show(first)
    assert shown(session) == ["What?", "One."]
    session.show(second)
    assert shown(session) == ["What?", "Two.", "And?", "Three."]
    session.show(first)
    chats: list[Chat] = []
    keeper.conversations("", lambda listed: keeper.open(listed[0][0].conversation, chats.append))
    qtbot.waitUntil(lambda: bool(chats))
    assert [turn.content for turn in chats[0].turns] == ["What?", "One."]
    assert sorted(turn.content for turn in chats[0].every_turn) == ["And?", "One.", "Three.", "Two.", "What?"]


def test_an_edited_question_is_asked_beside_the_old_one(session: Session, asked: list[Generate]) -> None:
    session.send("Wat?")
    answer(session, asked, "Huh?")
    session.edit(session.chat.turns[0], "What?")
    assert asked[-1].messages == (Message("user", "What?"),)
    answer(session, asked, "That.")
    assert shown(session) == ["What?", "That."]
    session.show(session.chat.turns[0].alternatives[0])
    assert shown(session) == ["Wat?", "Huh?"]


def test_an_edited_reply_is_what_the_model_sees_from_then_on(session: Session, asked: list[Generate]) -> None:
    session.send("What?")
    answer(session, asked, "Wrong.")
    session.edit(session.chat.turns[1], "Right.")
    assert len(asked) == 1
    session.send("Sure?")
    assert asked[-1].messages[1] == Message("assistant", "Right.")


def test_a_reply_is_continued_where_it_ends(qtbot: QtBot, session: Session, asked: list[Generate]) -> None:
    session.send("Count.")
    session.finish(asked[0].reply, summary("One, two,", FinishReason.LENGTH))
    session.proceed(session.chat.turns[-1])
    qtbot.waitUntil(lambda: session.busy)
    assert asked[-1].messages == (Message("user", "Count."), Message("assistant", "One, two,"))
    session.add_text(asked[-1].reply, " three")
    assert shown(session)[-1] == "One, two, three"
    session.finish(asked[-1].reply, summary(" three."))
    assert shown(session)[-1] == "One, two, three."
    assert session.chat.turns[-1].facts["tokens"] == 6


def test_a_reply_that_is_continued_and_fails_keeps_what_it_had(
    qtbot: QtBot, session: Session, asked: list[Generate]
) -> None:
    session.send("Count.")
    answer(session, asked, "One")
    session.proceed(session.chat.turns[-1])
    qtbot.waitUntil(lambda: session.busy)
    session.engine_stopped("The engine stopped.", "Load again.")
    assert shown(session)[-1] == "One"


def test_the_model_sees_nothing_of_what_was_left_out(
    qtbot: QtBot, session: Session, asked: list[Generate], settings: Settings, keeper: Keeper
) -> None:
    settings.system_prompt = "Be brief."
    for text in ("One?", "Two?"):
        session.send(text)
        answer(session, asked, text + "!")
    session.open_at(session.chat.turns[2])
    session.send("Three?")
    said = [message.content for message in asked[-1].messages]
    assert said == ["Be brief.", "Two?", "Two?!", "Three?"]
    answer(session, asked, "3")
    chats: list[Chat] = []
    keeper.conversations("", lambda listed: keeper.open(listed[0][0].conversation, chats.append))
    qtbot.waitUntil(lambda: bool(chats))
    assert chats[0].turns[2].opens
    session.reopen(session.chat.turns[2])
    assert len(session.chat.messages("")) == 6


def test_a_chat_has_settings_of_its_own(
    qtbot: QtBot, session: Session, asked: list[Generate], settings: Settings, keeper: Keeper
) -> None:
    session.set_settings(ChatSettings({"temperature": 0.7, "system_prompt": "Rhyme."}))
    settings.top_k = 5
    session.send("What?")
    assert (asked[0].sampling.temperature, asked[0].sampling.top_k) == (0.7, 5)
    assert asked[0].messages[0] == Message("system", "Rhyme.")
    answer(session, asked, "That.")
    chats: list[Chat] = []
    keeper.conversations("", lambda listed: keeper.open(listed[0][0].conversation, chats.append))
    qtbot.waitUntil(lambda: bool(chats))
    assert chats[0].settings == session.chat.settings
    session.new_chat()
    session.send("What?")
    assert asked[-1].sampling.temperature == 0


def test_values_that_cannot_be_are_as_in_general() -> None:
    data = {"temperature": -3, "top_k": "many", "top_p": 0.5, "colour": "red", "target": "/big", "draft": None}
    assert ChatSettings.from_data(data) == ChatSettings({"top_p": 0.5}, Pair(Path("/big"), None))


def test_a_chat_waits_for_the_models_that_it_is_always_written_with(session: Session, asked: list[Generate]) -> None:
    own, other = Pair(Path("/big"), Path("/small")), Pair(Path("/other"), None)
    session.set_ready(True, other)
    session.set_settings(ChatSettings(pair=own))
    wanted: list[object] = []
    session.load_wanted.connect(wanted.append)
    session.send("What?")
    assert (asked, wanted) == ([], [own])
    session.set_ready(False)
    session.set_ready(True, other)
    assert asked == []
    session.set_ready(True, own)
    assert len(asked) == 1


def test_what_is_lost_by_a_failed_write_is_written_with_the_next(
    qtbot: QtBot, session: Session, asked: list[Generate], keeper: Keeper, file: Path
) -> None:
    session.send("What?")
    session.add_text(asked[0].reply, "One ")
    turn = session.chat.turns[-1]
    qtbot.waitUntil(lambda: turn.kept_length == 4)
    session._saving.stop()
    keeper._store.close()  # type: ignore[union-attr]
    keeper._store = None
    away = file.rename(file.with_suffix(".away"))
    file.mkdir()
    with qtbot.waitSignal(keeper.failed):
        session.add_text(asked[0].reply, "two ")
        keeper.extend(turn)
    file.rmdir()
    away.rename(file)
    session.add_text(asked[0].reply, "three")
    keeper.extend(turn)
    qtbot.waitUntil(lambda: stored(file)[-1:] == [("assistant", "One two three")])


def test_how_a_reply_was_written_is_kept(qtbot: QtBot, session: Session, asked: list[Generate], keeper: Keeper) -> None:
    session.send("What?")
    session.add_steps(asked[0].reply, [step(["It", " is"], ["model"]), step([" so", " ", "."], ["lookup", "model"])])
    session.finish(asked[0].reply, summary("It is so ."))
    chats: list[Chat] = []
    keeper.conversations("", lambda listed: keeper.open(listed[0][0].conversation, chats.append))
    qtbot.waitUntil(lambda: bool(chats))
    session.show_chat(chats[0])
    found: list[Writing | None] = []
    session.read_writing(chats[0].turns[-1], found.append)
    qtbot.waitUntil(lambda: bool(found))
    assert found[0] is not None
    assert [(token.start, token.end, token.source, token.step) for token in found[0].tokens] == [
        (0, 2, "model", 0),
        (2, 5, "", 0),
        (5, 8, "lookup", 1),
        (8, 9, "model", 1),
        (9, 10, "", 1),
    ]


def test_figures_of_a_reply_in_two_parts_are_of_both() -> None:
    before, after = facts_of(summary("One")), facts_of(summary("Two"))
    before["tokens_per_second"], after["tokens_per_second"] = 10.0, 0.0
    whole = joined(before, after)
    assert (whole["tokens"], whole["tokens_per_second"], whole["tokens_per_step"]) == (6, 10.0, 3.0)
