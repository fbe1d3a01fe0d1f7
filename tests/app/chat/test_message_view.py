from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.chat.message_view import MessageView
from app.chat.turn import Chat, State, Turn
from app.chat.writing import Writing
from core.chat.attachment import Attachment
from tests.app.chat.conftest import step

FACTS = {
    "tokens": 4,
    "tokens_per_second": 8.0,
    "tokens_per_step": 2.0,
    "seconds_to_first_token": 0.1,
    "seed": 7,
    "speculation_on": True,
    "drafter": "model",
}


@pytest.fixture
def chat() -> Chat:
    chat = Chat("test")
    question = chat.add(Turn("user", "What?"))
    chat.add(Turn("assistant", "It was *that*.", facts=FACTS), question)
    reply = chat.add(Turn("assistant", "It is **this**.", facts=FACTS), question)
    reply.writing = Writing()
    reply.writing.add(step(["It", " is"], ["model"]), 0)
    reply.writing.add(step([" **", "this", "**."], ["lookup", "model"]), 5)
    return chat


def view_of(qtbot: QtBot, turn: Turn) -> MessageView:
    view = MessageView(turn, lambda asked, done: done(asked.writing))
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    view.set_place(last=True, free=True)
    return view


def test_arrows_lead_to_the_alternatives(qtbot: QtBot, chat: Chat) -> None:
    view = view_of(qtbot, chat.turns[1])
    assert view._count.text() == "2 / 2"
    assert (view._before.isEnabled(), view._after.isEnabled()) == (True, False)
    with qtbot.waitSignal(view.alternative_wanted) as wanted:
        view._before.click()
    assert wanted.args == [chat.turns[1].alternatives[0]]


def test_a_turn_without_alternatives_has_no_arrows(qtbot: QtBot, chat: Chat) -> None:
    assert not view_of(qtbot, chat.turns[0])._before.isVisible()


def test_a_reply_is_copied_as_markdown_or_plain(qtbot: QtBot, chat: Chat) -> None:
    view = view_of(qtbot, chat.turns[1])
    view.copy_markdown()
    assert QGuiApplication.clipboard().text() == "It is **this**."
    view.copy_plain()
    assert QGuiApplication.clipboard().text() == "It is this."


def test_an_edited_question_is_passed_on_and_escape_leaves_it(qtbot: QtBot, chat: Chat) -> None:
    view = view_of(qtbot, chat.turns[0])
    view._edit.click()
    assert view._editor is not None
    assert not view.body.isVisible()
    with qtbot.assertNotEmitted(view.edited):
        qtbot.keyClick(view._editor.field, Qt.Key.Key_Escape)
    assert view.body.isVisible()
    view._edit.click()
    editor = view._editor
    editor.field.setPlainText("What then?")
    with qtbot.waitSignal(view.edited) as edited:
        qtbot.keyClick(editor.field, Qt.Key.Key_Return)
    assert edited.args == ["What then?"]


def test_nothing_new_is_begun_while_a_reply_is_written(qtbot: QtBot, chat: Chat) -> None:
    view = view_of(qtbot, chat.turns[1])
    view.set_place(last=True, free=False)
    assert not any(button.isEnabled() for button in (view._edit, view._again, view._proceed))
    assert view._copy.isEnabled()
    view.turn.state = State.WRITING
    view.refresh()
    assert not view._copy.isVisible()


def test_only_the_last_reply_can_be_continued(qtbot: QtBot, chat: Chat) -> None:
    view = view_of(qtbot, chat.turns[1])
    assert view._proceed.isVisible()
    view.set_place(last=False, free=True)
    assert not view._proceed.isVisible()
    assert view._again.isVisible()


def test_a_click_on_a_word_tells_its_step(qtbot: QtBot, chat: Chat) -> None:
    view = view_of(qtbot, chat.turns[1])
    view._how.click()
    assert view.body.writing is chat.turns[1].writing
    assert view._key.isVisible()
    assert "prompt lookup" in view._key.accessibleName()
    area = view.body.area_of_step(1)
    with qtbot.waitSignal(view.step_wanted) as wanted:
        qtbot.mouseClick(view.body.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    assert wanted.args == [1]
    view._how.click()
    assert view.body.writing is None


def test_a_reply_without_a_record_says_so(qtbot: QtBot, chat: Chat) -> None:
    view = view_of(qtbot, chat.turns[1].alternatives[0])
    view._how.click()
    assert not view._how.isEnabled()
    assert "not kept" in view._how.toolTip()


def test_attachments_stand_above_the_question_and_open_on_click(qtbot: QtBot) -> None:
    chat = Chat()
    view = view_of(qtbot, chat.add(Turn("user", "Why?", attachments=(Attachment("a.py", "x = 1\n" * 5),))))
    assert view.body.document().toPlainText() == "Why?"
    low = view._chips.height()
    view._chips._chips[0].opened.emit()
    assert view._chips._preview.toPlainText().startswith("x = 1")
    assert view._chips.height() > low
