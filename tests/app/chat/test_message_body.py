from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.chat import rich_text
from app.chat.highlight import Kind, highlighted
from app.chat.message_body import MessageBody
from app.style.buttons import IconButton
from app.style.theme import Appearance, theme

TEXT = """# Joining

Join *two* or **more** components with `'/'`.

```python
def join(a: str) -> str:

    return a  # comment
```
- one
- two
  - nested

3. three

   still three
4. four

> quoted
> - list in it

| a | b |
|---|---|
| 1 | `2` |

---
    indented code

last
"""

BLOCKS = st.lists(
    st.sampled_from(
        [
            "# h",
            "para",
            "- a",
            "- b\n  - c",
            "1. x\n\n   y",
            "> q",
            "```py\nx = 1\n\ny",
            "```",
            "|a|\n|-|\n|1|",
            "---",
            "-",
            "",
        ]
    ),
    max_size=10,
)


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_a_streamed_text_looks_as_if_it_had_come_whole(qapp: QApplication, size: int) -> None:
    whole, streamed = MessageBody(), MessageBody()
    whole.set_markdown(TEXT)
    for start in range(0, len(TEXT), size):
        streamed.add(TEXT[start : start + size])
        streamed.advance()
    assert streamed.document().toHtml() == whole.document().toHtml()
    assert streamed.content == TEXT


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BLOCKS, st.sampled_from(["\n", "\n\n"]))
def test_any_order_of_blocks_looks_the_same_streamed_and_whole(qapp: QApplication, blocks: list[str], gap: str) -> None:
    text = gap.join(blocks)
    whole, streamed = MessageBody(), MessageBody()
    whole.set_markdown(text)
    for start in range(0, len(text), 3):
        streamed.add(text[start : start + 3])
        streamed.advance()
    assert streamed.document().toHtml() == whole.document().toHtml()


def test_the_document_says_what_the_text_says(qapp: QApplication) -> None:
    body = MessageBody()
    body.set_markdown(TEXT)
    shown = body.document().toPlainText()
    for words in ("Joining", "Join two or more components with '/'.", "    return a  # comment", "nested", "last"):
        assert words in shown
    assert "**" not in shown
    assert "```" not in shown


def test_the_items_of_a_list_are_numbered_on_and_nested_ones_stand_further_in(qapp: QApplication) -> None:
    body = MessageBody()
    body.set_markdown("3. three\n4. four\n   - inner\n5. five")
    block, items = body.document().firstBlock(), []
    while block.isValid():
        made = block.textList()
        items.append((block.text(), made.itemText(block) if made.format().indent() == 1 else "inner"))
        block = block.next()
    assert items == [("three", "3."), ("four", "4."), ("inner", "inner"), ("five", "5.")]


def test_it_is_as_high_as_its_text(qtbot: QtBot) -> None:
    body = MessageBody()
    qtbot.addWidget(body)
    body.resize(500, 10)
    body.set_markdown("one line")
    body.show()
    low = body.height()
    body.set_markdown(TEXT)
    assert body.height() > 10 * low
    assert body.document().size().height() <= body.height() < body.document().size().height() + 2


def test_the_button_of_a_code_box_copies_its_code(qtbot: QtBot) -> None:
    body = MessageBody()
    qtbot.addWidget(body)
    body.resize(500, 500)
    body.set_markdown("```\nfirst\n```\n\n```py\nsecond = 2\n```\n")
    body.show()
    qtbot.waitUntil(lambda: len(body.findChildren(IconButton)) == 2)
    first, second = body.findChildren(IconButton)
    qtbot.mouseClick(second, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "second = 2"
    qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "first"


def test_a_change_of_theme_keeps_the_text_and_takes_the_colour(qtbot: QtBot) -> None:
    theme().wear(Appearance.LIGHT)
    body = MessageBody()
    qtbot.addWidget(body)
    body.set_markdown("some *text*")
    theme().wear(Appearance.DARK)
    assert body.document().toPlainText() == "some text"
    assert body.document().firstBlock().begin().fragment().charFormat().foreground().color() == theme().palette.ink


def test_the_persons_own_words_are_shown_as_they_are(qapp: QApplication) -> None:
    body = MessageBody()
    body.set_plain("# not a heading\n* not a list")
    assert body.document().toPlainText() == "# not a heading\n* not a list"


def test_long_code_is_written_line_by_line_as_it_comes(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    coloured: list[str] = []

    def spy(code: str, language: str) -> Iterator[tuple[str, Kind]]:
        coloured.append(code)
        return highlighted(code, language)

    monkeypatch.setattr(rich_text, "highlighted", spy)
    text = "Look:\n\n```python\n" + "".join(f"value_{number} = {number}  # so\n\n" for number in range(100))
    body = MessageBody()
    for start in range(0, len(text), 7):
        body.add(text[start : start + 7])
        body.advance()
    assert max(len(code) for code in coloured) < 60
    assert body.plain_text == "Look:\npython\n" + text.split("python\n")[1].removesuffix("\n")
    traced = {place: body._map.source(place) for place in range(body.document().characterCount())}
    assert "".join(text[source] for source in traced.values() if source is not None).count("value_99 = 99") == 1
    assert all(source is None or body.document().characterAt(place) == text[source] for place, source in traced.items())
    coloured.clear()
    body.add("```\nDone.")
    body.advance()
    assert [len(code) > 2000 for code in coloured] == [True], "closed code is coloured once, as a whole"
