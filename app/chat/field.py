"""A text field as high as its text, which Enter submits and in which arrow up brings back what was sent before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from app.style.theme import theme

TEXT_PX = 15
FRAME = 10
"""Pixels of border and padding above and below the text."""


class GrowingField(QPlainTextEdit):
    """A text field that grows with its text up to `most_lines`.

    Attributes:
        enter_submits: Whether Enter submits, and Shift+Enter makes a line; else Enter makes a line, and Ctrl+Enter
            submits, which it always does.
        earlier: What arrow up goes back through while the cursor is in the first line, the last one first.

    Signals:
        submitted; focus_changed; files_dropped, with the local files that were pasted or dropped.
    """

    submitted = Signal()
    focus_changed = Signal(bool)
    files_dropped = Signal(list)

    def __init__(self, most_lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.enter_submits = True
        self.earlier: Callable[[], Sequence[str]] = list
        self._most_lines = most_lines
        self._around = FRAME
        self._back = 0
        self._unsent = ""
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(4)
        self.document().documentLayout().documentSizeChanged.connect(self.fit)
        theme().changed.connect(self._dress)
        self._dress()

    def set_bare(self) -> None:
        """Leave frame and ground to what is around it."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._around = 0
        self.setStyleSheet("QPlainTextEdit { background: transparent; border: none; padding: 0; }")
        self.fit()

    def fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        # A plain text document measures itself in lines.
        size = self.document().size().height()
        lines = min(self._most_lines, max(1, round(size)))
        self.setFixedHeight(lines * line + 2 * round(self.document().documentMargin()) + self._around)
        overflows = size > self._most_lines
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if overflows else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)

    def forget_place(self) -> None:
        """The next arrow up begins at the last thing sent."""
        self._back, self._unsent = 0, ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._submits(event):
                self.submitted.emit()
            case Qt.Key.Key_Up if self._at_edge(QTextCursor.MoveOperation.Up) and self._go_back(1):
                pass
            case Qt.Key.Key_Down if self._at_edge(QTextCursor.MoveOperation.Down) and self._go_back(-1):
                pass
            case _:
                super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return bool(_files(source)) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        files = _files(source)
        if files:
            self.files_dropped.emit(files)
        else:
            super().insertFromMimeData(source)

    def _submits(self, event: QKeyEvent) -> bool:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return True
        return self.enter_submits and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier

    def _at_edge(self, direction: QTextCursor.MoveOperation) -> bool:
        """Whether there is no line further in a direction."""
        return not self.textCursor().hasSelection() and not QTextCursor(self.textCursor()).movePosition(direction)

    def _go_back(self, by: int) -> bool:
        """Show what was sent so many times ago; False if there is nothing."""
        earlier = self.earlier()
        back = self._back + by
        if not 0 <= back <= len(earlier):
            return False
        if self._back == 0:
            self._unsent = self.toPlainText()
        self._back = back
        self.setPlainText(earlier[back - 1] if back else self._unsent)
        self.moveCursor(QTextCursor.MoveOperation.Start if by > 0 else QTextCursor.MoveOperation.End)
        return True

    def _dress(self) -> None:
        self.setFont(theme().font(TEXT_PX))
        self.fit()


def _files(source: QMimeData) -> list[str]:
    """The local files among what is pasted or dropped."""
    return [url.toLocalFile() for url in source.urls() if url.isLocalFile()] if source.hasUrls() else []
