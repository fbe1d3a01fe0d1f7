"""Long conversations are shown in parts, from the end or from where something was found."""

from __future__ import annotations

from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from app.chat.session import Session
from app.chat.transcript import AT_ONCE, Transcript
from app.chat.turn import Chat, Turn
from app.style.theme import theme
from core.engine.messages import Generate
from tests.app.chat.conftest import summary

TURNS = 120


def conversation() -> Chat:
    chat = Chat("long")
    turn: Turn | None = None
    for number in range(TURNS):
        role = "assistant" if number % 2 else "user"
        turn = chat.add(Turn(role, f"number{number} and some words more\n\n" * 3), turn)
    return chat


@pytest.fixture
def transcript(qtbot: QtBot, session: Session) -> Transcript:
    transcript = Transcript(session)
    qtbot.addWidget(transcript)
    transcript.resize(700, 600)
    transcript.show()
    session.show_chat(conversation())
    qtbot.waitUntil(lambda: transcript.verticalScrollBar().maximum() > 0)
    return transcript


def shown(transcript: Transcript) -> list[int]:
    return [int(view.turn.content.split()[0].removeprefix("number")) for view in transcript.views]


def in_sight(transcript: Transcript, number: int) -> bool:
    view = transcript.views[shown(transcript).index(number)]
    top = view.body.mapTo(transcript.viewport(), view.body.rect().topLeft()).y()
    return 0 <= top < transcript.viewport().height()


def test_a_chat_is_shown_from_its_end(transcript: Transcript) -> None:
    assert shown(transcript) == list(range(TURNS - AT_ONCE, TURNS))
    assert not transcript._later.isVisibleTo(transcript)


def test_a_turn_far_away_is_brought_up_with_what_is_around_it(
    qtbot: QtBot, transcript: Transcript, session: Session
) -> None:
    turn = session.chat.turns[40]
    transcript.show_words(turn, ["SOME", "number40"])
    assert shown(transcript) == list(range(30, 50))
    qtbot.waitUntil(lambda: in_sight(transcript, 40))
    marks = transcript.views[10].body.extraSelections()
    assert sorted({mark.cursor.selectedText() for mark in marks}) == ["number40", "some"]
    assert all(mark.format.background().color() == theme().palette.found for mark in marks)
    transcript.show_words(session.chat.turns[41], ["words"])
    assert transcript.views[10].body.extraSelections() == []
    assert transcript.views[11].body.extraSelections()


def test_one_far_turn_after_the_other_is_brought_up(qtbot: QtBot, transcript: Transcript, session: Session) -> None:
    for number in (40, 80, 20, 100):
        transcript.show_words(session.chat.turns[number], ["some"])
        qtbot.waitUntil(partial(in_sight, transcript, number))
        qtbot.wait(50)
        assert in_sight(transcript, number)


def test_from_there_the_chat_goes_on_in_both_directions(qtbot: QtBot, transcript: Transcript, session: Session) -> None:
    transcript.show_words(session.chat.turns[40], ["some"])
    qtbot.waitUntil(lambda: in_sight(transcript, 40))
    bar = transcript.verticalScrollBar()
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: shown(transcript)[-1] >= 69)
    bar.setValue(0)
    qtbot.waitUntil(lambda: shown(transcript)[0] <= 10)
    assert shown(transcript) == list(range(shown(transcript)[0], shown(transcript)[-1] + 1))
    for _ in range(TURNS // AT_ONCE):
        transcript._show_later()
    assert shown(transcript)[-1] == TURNS - 1
    assert not transcript._later.isVisibleTo(transcript)


def test_a_question_asked_from_there_leads_to_the_end(
    qtbot: QtBot, transcript: Transcript, session: Session, asked: list[Generate]
) -> None:
    transcript.show_words(session.chat.turns[40], ["some"])
    session.send("And now?")
    session.add_text(asked[-1].reply, "number0 " * 400)
    session.finish(asked[-1].reply, summary("number0 " * 400))
    assert transcript.views[-1].turn is session.chat.turns[-1]
    bar = transcript.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())


def test_another_alternative_does_not_lead_away(transcript: Transcript, session: Session) -> None:
    turn = session.chat.turns[41]
    other = Turn("assistant", "number41 otherwise")
    session.chat.add(other, turn.parent)
    session.show(turn)
    transcript.show_words(turn, ["some"])
    session.show(other)
    assert [view.turn for view in transcript.views][-1] is other
    session.reveal(turn)
    assert turn in session.chat.turns
    assert turn in [view.turn for view in transcript.views]
