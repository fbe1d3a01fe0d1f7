from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.chat.composer import MOST_LINES, Composer
from app.chat.context_meter import ContextMeter, short_count
from app.style.buttons import IconButton
from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.locations import DEMO_TARGET


@pytest.fixture
def composer(qtbot: QtBot) -> Composer:
    composer = Composer()
    qtbot.addWidget(composer)
    composer.resize(400, 100)
    composer.show()
    return composer


def test_enter_sends_and_shift_enter_makes_a_line(qtbot: QtBot, composer: Composer) -> None:
    qtbot.keyClicks(composer.field, "one")
    qtbot.keyClick(composer.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(composer.field, "two")
    with qtbot.waitSignal(composer.send_wanted) as sent:
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)
    assert sent.args == ["one\ntwo"]
    assert composer.text == ""


def test_nothing_is_sent_while_a_reply_is_written_and_the_button_stops_it(qtbot: QtBot, composer: Composer) -> None:
    composer.set_busy(True)
    qtbot.keyClicks(composer.field, "next")
    with qtbot.assertNotEmitted(composer.send_wanted):
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)
    assert composer.text == "next"
    with qtbot.waitSignal(composer.stop_wanted):
        qtbot.mouseClick(composer.findChild(IconButton), Qt.MouseButton.LeftButton)


def test_blank_text_cannot_be_sent(qtbot: QtBot, composer: Composer) -> None:
    composer.set_text("  \n ")
    button = composer.findChild(IconButton)
    assert button is not None
    assert not button.isEnabled()
    with qtbot.assertNotEmitted(composer.send_wanted):
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)


def test_the_field_grows_with_its_text_up_to_a_limit(composer: Composer) -> None:
    heights = []
    for lines in (1, 3, MOST_LINES, 3 * MOST_LINES):
        composer.set_text("\n".join("line" for _ in range(lines)))
        heights.append(composer.field.height())
    assert heights[0] < heights[1] < heights[2] == heights[3]


@pytest.mark.parametrize(
    ("tokens", "text"), [(84, "84"), (2100, "2.1k"), (8192, "8k"), (1024, "1k"), (131072, "128k"), (99_900, "99.9k")]
)
def test_counts_are_short(tokens: int, text: str) -> None:
    assert short_count(tokens) == text


def test_the_meter_counts_what_the_next_question_takes(qtbot: QtBot) -> None:
    meter = ContextMeter()
    messages = (Message("user", "What does os.path.join do?"),)
    meter.set_model(DEMO_TARGET, 1024)
    with qtbot.waitSignal(meter.counted, timeout=5000) as counted:
        meter.set_messages(messages)
    assert counted.args == [len(Tokenizer(DEMO_TARGET).encode_chat(messages)), 1024]
    meter.close()


def test_a_model_without_a_tokenizer_leaves_the_meter_empty(qtbot: QtBot, tmp_path: Path) -> None:
    meter = ContextMeter()
    meter.set_model(tmp_path, 1024)
    with qtbot.waitSignal(meter.counted, timeout=5000) as counted:
        meter.set_messages((Message("user", "Hello"),))
    assert counted.args == [-1, 1024]
    meter.close()
