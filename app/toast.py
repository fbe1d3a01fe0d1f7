"""A short note over the window, with at most one thing to do about it: it goes away by itself, a problem stays."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QGraphicsDropShadowEffect, QHBoxLayout, QLabel, QWidget

from app.copy_problem import CopyProblem
from app.language import tr
from app.style.buttons import IconButton, quiet_button

SECONDS = 8
WIDEST = 560
ABOVE_BOTTOM = 140
"""Above the field where a person writes."""


class Toast(QFrame):
    """One note at a time; a new one replaces the old. It stays while the pointer is on it, or until it is closed."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setProperty("card", True)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._action = quiet_button(tr("Undo"))
        self._action.clicked.connect(self._act)
        self._copy = CopyProblem()
        self._close = IconButton("close", tr("Close"))
        self._close.clicked.connect(self.hide)
        self._then: Callable[[], object] | None = None
        self._timer = QTimer(self, interval=SECONDS * 1000, singleShot=True)
        self._timer.timeout.connect(self._expire)
        self._line = line = QHBoxLayout(self)
        line.setContentsMargins(12, 4, 4, 4)
        line.setSpacing(8)
        line.addWidget(self._text, 1)
        line.addWidget(self._action)
        line.addWidget(self._copy)
        line.addWidget(self._close)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(16)
        shadow.setOffset(0, 4)
        self.setGraphicsEffect(shadow)
        window.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def say(
        self, text: str, action: str = "", then: Callable[[], object] | None = None, problem: bool = False
    ) -> None:
        """Show a note, with a button `action` that calls `then`. A problem stays until it is closed."""
        self._text.setText(text)
        self._action.setText(action)
        self._action.setVisible(then is not None)
        self._then = then
        self._copy.show_problem(text if problem else "")
        self._place()
        self.show()
        self.raise_()
        if problem:
            self._timer.stop()
        else:
            self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        room = self._window.rect()
        width = min(WIDEST, room.width() - 48)
        words = self._text.fontMetrics().horizontalAdvance(self._text.text())
        buttons = 56 + (36 if not self._copy.isHidden() else 0)
        buttons += self._action.sizeHint().width() + 8 if self._then is not None else 0
        width = min(width, words + buttons + 16)
        self.setFixedWidth(width)
        self.setFixedHeight(self._line.heightForWidth(width))
        self.move((room.width() - width) // 2, room.height() - self.height() - ABOVE_BOTTOM)

    def _act(self) -> None:
        then = self._then
        self.hide()
        if then is not None:
            then()

    def _expire(self) -> None:
        if self.underMouse():
            self._timer.start()
        else:
            self.hide()
