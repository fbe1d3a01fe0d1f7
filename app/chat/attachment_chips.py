"""The files that go with a question, each as a small card with its name and size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QWidget

from app.chat.context_meter import short_count
from app.language import tr
from app.style.buttons import IconButton, quiet_button
from app.style.flow import flow
from app.style.theme import theme
from core.chat.attachment import Attachment

GAP = 8
PREVIEW_HEIGHT = 220


class _Chip(QFrame):
    """Signals: opened; removed."""

    opened = Signal()
    removed = Signal()

    def __init__(self, attachment: Attachment, removable: bool) -> None:
        super().__init__()
        self.setProperty("card", True)
        name = quiet_button(attachment.name)
        name.setIcon(theme().icon("file"))
        name.setToolTip(tr("Show or hide {name}", name=attachment.name))
        name.clicked.connect(self.opened)
        self._size = QLabel()
        self._size.setProperty("muted", True)
        line = QHBoxLayout(self)
        line.setContentsMargins(2, 0, 8, 0)
        line.setSpacing(4)
        line.addWidget(name)
        line.addWidget(self._size)
        if removable:
            line.setContentsMargins(2, 0, 2, 0)
            remove = IconButton("close", tr("Remove {name}", name=attachment.name))
            remove.clicked.connect(self.removed)
            line.addWidget(remove)
        lines = attachment.text.count("\n") + 1
        self.show_size(tr("{lines:,} lines", lines=lines) if lines != 1 else tr("1 line"))

    def show_size(self, words: str) -> None:
        self._size.setText(words)


class AttachmentChips(QWidget):
    """Cards in lines, and under them the text of the one that was clicked.

    Signals: removed, with the index of a card.
    """

    removed = Signal(int)

    def __init__(self, removable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._removable = removable
        self._attachments: tuple[Attachment, ...] = ()
        self._chips: list[_Chip] = []
        self._open: int | None = None
        self._preview = QPlainTextEdit(self)
        self._preview.setReadOnly(True)
        self._preview.setAccessibleName(tr("Text of the attachment"))
        self._preview.hide()
        theme().changed.connect(self._dress)
        self._dress()

    def show_attachments(self, attachments: Sequence[Attachment]) -> None:
        """Show these files."""
        if tuple(attachments) == self._attachments:
            return
        self._attachments = tuple(attachments)
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = []
        for index, attachment in enumerate(attachments):
            chip = _Chip(attachment, self._removable)
            chip.setParent(self)
            chip.opened.connect(partial(self._toggle, index))
            chip.removed.connect(partial(self.removed.emit, index))
            chip.show()
            self._chips.append(chip)
        self._open = None
        self._arrange()

    def show_tokens(self, counts: Sequence[int]) -> None:
        """Show each one's size in tokens."""
        for chip, count in zip(self._chips, counts, strict=False):
            chip.show_size(tr("{count} tokens", count=short_count(count)))
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _toggle(self, index: int) -> None:
        self._open = None if self._open == index else index
        if self._open is not None:
            self._preview.setPlainText(self._attachments[index].text)
        self._arrange()

    def _arrange(self) -> None:
        height = max((chip.sizeHint().height() for chip in self._chips), default=0)
        widths = [chip.sizeHint().width() for chip in self._chips]
        places = flow(widths, max(self.width(), 200), height + 4, GAP)
        for chip, place in zip(self._chips, places, strict=True):
            chip.setGeometry(QRect(round(place.left()), round(place.top()), chip.sizeHint().width(), height))
        bottom = round(max((place.bottom() for place in places), default=0))
        self._preview.setVisible(self._open is not None)
        if self._open is not None:
            self._preview.setGeometry(0, bottom, self.width(), PREVIEW_HEIGHT)
            bottom += PREVIEW_HEIGHT + 4
        if bottom != self.height():
            self.setFixedHeight(bottom)

    def _dress(self) -> None:
        self._preview.setFont(theme().font(13, mono=True))
        self._preview.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
