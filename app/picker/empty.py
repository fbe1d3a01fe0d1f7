"""What stands where there is nothing to list: one sentence that says why, and one button that helps."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.copy_problem import CopyProblem
from app.style.buttons import quiet_button


class Empty(QWidget):
    """Hidden until it has something to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setProperty("muted", True)
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._button = quiet_button("")
        self._button.clicked.connect(self._act)
        self._then: Callable[[], object] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addWidget(self._text)
        self._copy = CopyProblem()
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self._button)
        line.addWidget(self._copy)
        line.addStretch(1)
        column.addLayout(line)
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def say(
        self, text: str, button: str = "", then: Callable[[], object] | None = None, problem: bool = False
    ) -> None:
        """Show a sentence, with a button if there is something to do; nothing at all for an empty text."""
        self._copy.show_problem(text if problem else "")
        self._text.setText(text)
        self._button.setText(button)
        self._button.setVisible(then is not None)
        self._then = then
        self.setVisible(bool(text))

    def _act(self) -> None:
        if self._then is not None:
            self._then()
