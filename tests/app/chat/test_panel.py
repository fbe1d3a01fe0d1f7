from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.chat.chat_settings import ChatSettings, Pair
from app.chat.context_meter import ContextMeter
from app.chat.context_offer import LargerContext
from app.chat.keeper import Keeper
from app.chat.panel import ChatPanel
from app.chat.session import Session
from app.chat.settings_panel import GENERAL, OWN, SettingsPanel
from app.chat.transcript import AT_ONCE
from app.chat.turn import Chat, Turn
from app.settings.settings import Settings
from core.engine.messages import Generate
from core.locations import DEMO_DRAFT, DEMO_TARGET
from tests.app.chat.conftest import summary

LONG = "word " * 300


@pytest.fixture
def meter(qapp: object) -> Iterator[ContextMeter]:
    meter = ContextMeter()
    meter.set_model(DEMO_TARGET, 1024)
    yield meter
    meter.close()


@pytest.fixture
def panel(qtbot: QtBot, session: Session, keeper: Keeper, settings: Settings, meter: ContextMeter) -> ChatPanel:
    own = SettingsPanel(session, keeper, lambda: settings, lambda: Pair(DEMO_TARGET, DEMO_DRAFT))
    panel = ChatPanel(session, meter, own, lambda tokens: LargerContext(4096, "0.5 GiB more memory", True))
    qtbot.addWidget(panel)
    panel.resize(700, 700)
    panel.show()
    return panel


def ask(qtbot: QtBot, panel: ChatPanel, text: str) -> None:
    panel.composer.set_text(text)
    panel.composer.button.click()
    qtbot.waitUntil(lambda: panel.offer.isVisible() or panel.composer.text == "")


def fill(session: Session, asked: list[Generate], turns: int) -> None:
    for number in range(turns):
        session.send(f"{number} {LONG[:700]}")
        session.finish(asked[-1].reply, summary(LONG[:700]))


def test_what_does_not_fit_is_said_before_anything_is_sent(
    qtbot: QtBot, panel: ChatPanel, session: Session, asked: list[Generate]
) -> None:
    fill(session, asked, 3)
    ask(qtbot, panel, "And then?")
    assert panel.offer.isVisible()
    assert "too many" in panel.offer.sentence
    assert len(asked) == 3
    assert panel.composer.text == "And then?"
    panel.composer.set_text("And")
    assert not panel.offer.isVisible()


def test_the_oldest_turns_are_left_out_so_that_it_fits(
    qtbot: QtBot, panel: ChatPanel, session: Session, asked: list[Generate]
) -> None:
    fill(session, asked, 3)
    ask(qtbot, panel, "And then?")
    panel.offer.drop.click()
    qtbot.waitUntil(lambda: len(asked) == 4)
    assert asked[-1].messages[-1].content == "And then?"
    assert len(asked[-1].messages) < 7
    assert len(session.chat.turns) == 8, "turns were lost"
    assert panel.composer.text == ""


def test_a_larger_context_is_asked_for_with_its_consequence(
    qtbot: QtBot, panel: ChatPanel, session: Session, asked: list[Generate]
) -> None:
    fill(session, asked, 3)
    ask(qtbot, panel, "And then?")
    assert "0.5 GiB more memory" in panel.offer._consequence.text()
    with qtbot.waitSignal(panel.larger_wanted) as wanted:
        panel.offer.larger.click()
    assert wanted.args == [4096]
    assert len(asked[-1].messages) == 7


def test_the_question_moves_to_a_new_chat(
    qtbot: QtBot, panel: ChatPanel, session: Session, asked: list[Generate]
) -> None:
    fill(session, asked, 3)
    ask(qtbot, panel, "And then?")
    panel.offer.new.click()
    qtbot.waitUntil(lambda: len(asked) == 4)
    assert [message.content for message in asked[-1].messages] == ["And then?"]


def test_a_question_that_is_too_long_alone_has_no_turns_to_leave_out(qtbot: QtBot, panel: ChatPanel) -> None:
    ask(qtbot, panel, LONG * 4)
    assert panel.offer.isVisible()
    assert not panel.offer.drop.isVisible()
    assert panel.offer.larger.isVisible()


def test_a_long_chat_opens_at_its_end_and_all_of_it_can_be_reached(
    qtbot: QtBot, panel: ChatPanel, session: Session
) -> None:
    chat = Chat("long")
    turn = None
    for number in range(4 * AT_ONCE):
        turn = chat.add(Turn("assistant" if number % 2 else "user", f"turn {number}\n\nmore"), turn)
    session.show_chat(chat)
    views = panel.transcript.views
    assert len(views) == AT_ONCE
    assert views[-1].turn is turn
    bar = panel.transcript.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())

    def more_than(count: int) -> bool:
        return len(panel.transcript.views) > count and bar.value() > 0

    for _ in range(3):
        count = len(panel.transcript.views)
        bar.setValue(0)
        qtbot.waitUntil(partial(more_than, count))
    assert [view.turn for view in panel.transcript.views] == chat.turns
    views = list(panel.transcript.views)
    session.send("One more?")
    assert panel.transcript.views[: len(views)] == views, "messages that stay were made anew"
    assert len(panel.transcript.views) == len(views) + 2


def test_another_alternative_takes_the_place_of_what_follows(
    qtbot: QtBot, panel: ChatPanel, session: Session, asked: list[Generate]
) -> None:
    session.send("What?")
    session.finish(asked[-1].reply, summary("One."))
    question = panel.transcript.views[0]
    session.regenerate(session.chat.turns[-1])
    session.finish(asked[-1].reply, summary("Two."))
    assert panel.transcript.views[0] is question, "a turn that stays was made anew"
    assert panel.transcript.views[1].body.plain_text == "Two."
    session.show(session.chat.turns[1].alternatives[0])
    assert [view.turn.content for view in panel.transcript.views] == ["What?", "One."]


def test_presets_are_kept_taken_and_told_apart(qtbot: QtBot, panel: ChatPanel, session: Session) -> None:
    own = panel.settings
    own.fields["temperature"].setValue(0.7)
    assert session.chat.settings == ChatSettings({"temperature": 0.7})
    assert own.words == OWN
    own.keep_preset("warm")
    qtbot.waitUntil(lambda: own.words == "warm")
    assert panel.header.button.text() == "warm"
    session.new_chat()
    assert own.words == GENERAL
    own.preset.setCurrentText("warm")
    own.preset.activated.emit(own.preset.currentIndex())
    assert session.settings.temperature == 0.7
    own.preset.setCurrentText(GENERAL)
    own.preset.activated.emit(own.preset.currentIndex())
    assert session.chat.settings == ChatSettings()


def test_what_is_set_back_to_the_general_value_follows_it_again(
    panel: ChatPanel, session: Session, settings: Settings
) -> None:
    panel.settings.fields["top_k"].setValue(5)
    panel.settings.fields["top_k"].setValue(0)
    settings.top_k = 9
    assert session.settings.top_k == 9


def test_a_system_prompt_is_of_the_chat_it_was_typed_in(qtbot: QtBot, panel: ChatPanel, session: Session) -> None:
    panel.header.button.click()
    qtbot.keyClicks(panel.settings.prompt, "Be brief.")
    first = session.chat
    session.new_chat()
    assert panel.settings.prompt.toPlainText() == ""
    assert session.settings.system_prompt == ""
    session.show_chat(first)
    assert panel.settings.prompt.toPlainText() == "Be brief."


def test_a_chat_can_have_its_own_pair(panel: ChatPanel, session: Session) -> None:
    assert "penjing-demo ← penjing-demo-draft" in panel.settings.own_pair.text()
    panel.settings.own_pair.click()
    assert session.chat.settings.pair == Pair(DEMO_TARGET, DEMO_DRAFT)
    panel.settings.own_pair.click()
    assert session.chat.settings.pair is None


def test_a_deleted_preset_comes_back(qtbot: QtBot, panel: ChatPanel, session: Session) -> None:
    own = panel.settings
    own.fields["temperature"].setValue(0.7)
    own.keep_preset("Warm")
    qtbot.waitUntil(lambda: own.words == "Warm")
    with qtbot.waitSignal(own.preset_deleted) as deleted:
        own.remove.click()
    qtbot.waitUntil(lambda: own.words == OWN)
    own.bring_back(*deleted.args)
    qtbot.waitUntil(lambda: own.words == "Warm")


def test_the_chats_settings_fit_a_narrow_place(qtbot: QtBot, panel: ChatPanel) -> None:
    own = panel.settings
    own.show()

    def places() -> list[QRect]:
        return [field.geometry() for field in own.fields.values()]

    def fit(width: int) -> bool:
        return own.width() <= width and all(own.rect().contains(place) for place in places())

    for width in (400, 900, 380):
        panel.resize(width, 700)
        qtbot.waitUntil(partial(fit, width))
        assert not any(one.intersects(other) for i, one in enumerate(places()) for other in places()[:i])
    across = {place.left() for place in places()}
    assert len(across) == 2


def test_a_file_is_attached_wherever_on_the_chat_it_is_let_go(panel: ChatPanel, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("some notes", encoding="utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPoint(5, 5), copy, data, left, none)
    entered.ignore()
    QApplication.sendEvent(panel, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(panel, QDropEvent(QPointF(5, 5), copy, data, left, none))
    assert [attachment.name for attachment in panel.composer.attachments] == ["notes.txt"]
