"""Edits a turn in its place: the text, and whether to take it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.chat.field import GrowingField
from app.chat.turn import Turn
from app.language import tr
from app.style.buttons import primary_button

MOST_LINES = 16


class TurnEditor(QWidget):
    """Signals: done, with the other text; with "" if the person changed nothing or their mind."""

    done = Signal(str)

    def __init__(self, turn: Turn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = turn.content
        question = turn.role == "user"
        self.field = GrowingField(MOST_LINES)
        self.field.setAccessibleName(tr("Edit your message") if question else tr("Edit the reply"))
        self.field.setPlainText(turn.content)
        # In a question Enter asks, as it does below; a reply has lines of its own.
        if question:
            self.field.submitted.connect(self._take)
        self.field.enter_submits = question
        self._take_it = primary_button(tr("Ask anew") if question else tr("Keep as an alternative"))
        self._take_it.setToolTip(tr("What is there now is kept as an alternative."))
        self._take_it.clicked.connect(self._take)
        self._leave = QPushButton(tr("Cancel"))
        self._leave.setToolTip(tr("Leave it as it is (Esc)"))
        self._leave.clicked.connect(lambda: self.done.emit(""))
        self.field.installEventFilter(self)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._leave)
        buttons.addWidget(self._take_it)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.field)
        column.addLayout(buttons)

    def focus(self) -> None:
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc leaves the editor; elsewhere it stops a reply."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                self.done.emit("")
                return True
        return super().eventFilter(watched, event)

    def _take(self) -> None:
        text = self.field.toPlainText().strip()
        self.done.emit("" if text == self._before else text)
