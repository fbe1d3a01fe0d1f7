"""The tree panel as a whole: live steps, walking back, replay, and the card."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QFontMetricsF
from pytestqt.qtbot import QtBot

from app.style.theme import Appearance, theme
from app.tree.card import shortened
from app.tree.panel import TreePanel
from core.decoding.report import FinishReason, ReplySummary, Speculation
from tests.app.tree.steps import small_step, step, tree

SUMMARY = ReplySummary(
    "", (), FinishReason.END, 5, 3, 3.0, 30.0, 0.1, 1.0, 1 << 29, 0, Speculation(True, "", "model"), 0
)


@pytest.fixture
def panel(qtbot: QtBot) -> TreePanel:
    theme().wear(Appearance.LIGHT, motion=False)
    widget = TreePanel()
    qtbot.addWidget(widget)
    widget.resize(340, 640)
    widget.begin_reply("one")
    return widget


def shown_step(panel: TreePanel) -> int:
    assert panel.view.scene is not None
    return panel.view.scene.report.step


def test_an_empty_panel_teaches_and_offers_nothing_to_press(panel: TreePanel) -> None:
    assert panel.view.scene is None
    bar = panel.transport
    assert not any(button.isEnabled() for button in (bar.previous, bar.pause, bar.next))
    panel.grab()


def test_steps_are_shown_as_they_come(panel: TreePanel) -> None:
    for number in range(3):
        panel.add_step(small_step(number))
        assert shown_step(panel) == number
    assert panel.card.sentence.startswith("5 nodes drafted")


def test_the_scrubber_walks_back_and_forth_while_steps_keep_coming(panel: TreePanel, qtbot: QtBot) -> None:
    for number in range(3):
        panel.add_step(small_step(number))
    qtbot.mouseClick(panel.transport.previous, Qt.MouseButton.LeftButton)
    assert shown_step(panel) == 1
    panel.add_step(small_step(3))
    assert shown_step(panel) == 1
    qtbot.mouseClick(panel.transport.next, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.transport.next, Qt.MouseButton.LeftButton)
    assert shown_step(panel) == 3
    panel.add_step(small_step(4))
    assert shown_step(panel) == 4


def test_pause_holds_a_step_and_play_catches_up(panel: TreePanel, qtbot: QtBot) -> None:
    panel.add_step(small_step(0))
    qtbot.mouseClick(panel.transport.pause, Qt.MouseButton.LeftButton)
    panel.add_step(small_step(1))
    assert shown_step(panel) == 0
    qtbot.mouseClick(panel.transport.pause, Qt.MouseButton.LeftButton)
    assert shown_step(panel) == 1


def test_a_bar_of_the_strip_leads_to_its_step(panel: TreePanel, qtbot: QtBot) -> None:
    for number in range(10):
        panel.add_step(small_step(number))
    qtbot.mouseClick(panel.strip, Qt.MouseButton.LeftButton, pos=QPoint(int(panel.strip.pitch * 4.5), 20))
    assert shown_step(panel) == 4


def test_a_finished_reply_can_be_replayed(panel: TreePanel, qtbot: QtBot) -> None:
    for number in range(3):
        panel.add_step(small_step(number))
    panel.finish(SUMMARY)
    assert not panel.running
    panel.menu.set_speed(200)
    panel.toggle()
    assert panel.running
    assert shown_step(panel) == 0
    qtbot.waitUntil(lambda: not panel.running, timeout=2000)
    assert shown_step(panel) == 2


def test_keys_lead_to_the_first_and_the_last_step(panel: TreePanel, qtbot: QtBot) -> None:
    for number in range(4):
        panel.add_step(small_step(number))
    qtbot.keyClick(panel.view, Qt.Key.Key_Home)
    assert shown_step(panel) == 0
    qtbot.keyClick(panel.view, Qt.Key.Key_PageDown)
    assert shown_step(panel) == 1
    qtbot.keyClick(panel.view, Qt.Key.Key_End)
    assert shown_step(panel) == 3


def test_pointing_at_a_node_shows_its_card_and_leaving_shows_the_step(panel: TreePanel) -> None:
    panel.add_step(small_step(0))
    assert panel.view.scene is not None
    panel.view.choose(panel.view.scene.layout.of_node(4))
    assert panel.card.card is not None
    assert panel.card.card.title == "“ of”"
    panel.grab()
    panel.view.choose(panel.view.scene.layout.exit)
    assert panel.card.card.state.startswith("the target's own choice")
    panel.view.choose(None)
    assert panel.card.card is None


def test_sources_are_explained_once_there_is_more_than_one(panel: TreePanel) -> None:
    panel.add_step(small_step(0))
    alone = len(panel.legend.entries)
    panel.add_step(step(tree((-1, 0, 0), sources=("", "model", "lookup")), 1))
    assert [words for _, words in panel.legend.entries[alone:]] == ["prompt lookup", "draft model"]
    panel.grab()


def test_a_new_reply_forgets_the_one_before(panel: TreePanel) -> None:
    panel.add_step(small_step(0))
    panel.begin_reply("two")
    assert len(panel.history) == 0
    assert panel.view.scene is None


@given(text=st.text(max_size=600), width=st.integers(120, 500))
def test_a_long_sentence_is_shortened_to_its_place(qapp: object, text: str, width: int) -> None:
    room, font = QRectF(0, 0, width, 71), theme().font(13)
    short = shortened(text, room, font)
    height = QFontMetricsF(font).boundingRect(room, int(Qt.TextFlag.TextWordWrap), short).height()
    assert height <= room.height() or len(short) <= 4
    assert short == text or " … " in short
