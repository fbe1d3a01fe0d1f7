from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from app.chat.composer import MOST_LINES, Composer
from app.chat.context_meter import ContextMeter, Count, short_count
from core.chat.attachment import Attachment
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
    assert sent.args == ["one\ntwo", []]


def test_nothing_is_sent_while_a_reply_is_written_and_the_button_stops_it(qtbot: QtBot, composer: Composer) -> None:
    composer.set_busy(True)
    qtbot.keyClicks(composer.field, "next")
    with qtbot.assertNotEmitted(composer.send_wanted):
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)
    assert composer.text == "next"
    with qtbot.waitSignal(composer.stop_wanted):
        qtbot.mouseClick(composer.button, Qt.MouseButton.LeftButton)


def test_blank_text_cannot_be_sent(qtbot: QtBot, composer: Composer) -> None:
    composer.set_text("  \n ")
    button = composer.button
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
    assert counted.args == [Count(len(Tokenizer(DEMO_TARGET).encode_chat(messages)), 1024)]
    meter.close()


def test_a_model_without_a_tokenizer_leaves_the_meter_empty(qtbot: QtBot, tmp_path: Path) -> None:
    meter = ContextMeter()
    meter.set_model(tmp_path, 1024)
    with qtbot.waitSignal(meter.counted, timeout=5000) as counted:
        meter.set_messages((Message("user", "Hello"),))
    assert counted.args == [Count(-1, 1024)]
    meter.close()


def test_arrow_up_brings_back_what_was_asked_before(qtbot: QtBot, composer: Composer) -> None:
    composer.field.earlier = lambda: ["last", "first\nof all"]
    composer.set_text("unsent")
    for text in ("last", "first\nof all", "first\nof all"):
        qtbot.keyClick(composer.field, Qt.Key.Key_Up)
        assert composer.text == text
    qtbot.keyClick(composer.field, Qt.Key.Key_Down)
    assert composer.text == "first\nof all", "arrow down left a text of two lines from its first"
    qtbot.keyClick(composer.field, Qt.Key.Key_Down)
    assert composer.text == "last"
    qtbot.keyClick(composer.field, Qt.Key.Key_Down)
    assert composer.text == "unsent"


def test_text_files_are_attached_by_paste_and_by_drop(qtbot: QtBot, composer: Composer, tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("some words", encoding="utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    composer.field.insertFromMimeData(data)
    position, action = QPointF(5, 5), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    composer.dropEvent(QDropEvent(position, action, data, buttons, keys))
    assert composer.attachments == [Attachment("notes.md", "some words")] * 2
    assert composer.text == ""
    composer.set_used(Count(10, 100, attachments=(2, 2)))
    assert [chip._size.text() for chip in composer._chips._chips] == ["2 tokens", "2 tokens"]
    composer._chips.removed.emit(0)
    with qtbot.waitSignal(composer.send_wanted) as sent:
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)
    assert sent.args == ["", [Attachment("notes.md", "some words")]]


def test_a_file_that_is_no_text_is_refused_with_a_sentence(qtbot: QtBot, composer: Composer, tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG\0")
    with qtbot.waitSignal(composer.refused) as refused:
        composer.add_files([str(file)])
    assert "picture.png is not a text file" in refused.args[0]
    assert composer.attachments == []


def test_ordinary_text_is_pasted_as_text(composer: Composer) -> None:
    data = QMimeData()
    data.setText("plain")
    composer.field.insertFromMimeData(data)
    assert composer.text == "plain"


def test_what_may_not_fit_is_counted(qtbot: QtBot) -> None:
    meter = ContextMeter()
    meter.set_model(DEMO_TARGET, 1024)
    small, large = (Message("user", "Hello"),), tuple(Message("user", "word " * 200) for _ in range(8))
    assert meter.surely_fits(small)
    assert not meter.surely_fits(large)
    counts: list[Count] = []
    meter.count(large, counts.append)
    qtbot.waitUntil(lambda: bool(counts))
    [count] = counts
    tokenizer = Tokenizer(DEMO_TARGET)
    assert count.tokens == len(tokenizer.encode_chat(large))
    assert not count.fits
    assert count.drop is not None
    assert len(tokenizer.encode_chat(large[count.drop :])) + count.room <= 1024
    assert len(tokenizer.encode_chat(large[count.drop - 1 :])) + count.room > 1024
    meter.close()
