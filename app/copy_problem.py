"""The button beside a sentence that says what went wrong: copies it with the versions, to be reported."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.style.buttons import IconButton
from app.versions import versions


class CopyProblem(IconButton):
    """Seen only while there is a problem."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("copy", tr("Copy what happened, with the versions"), parent)
        self._said = ""
        self.clicked.connect(lambda: QGuiApplication.clipboard().setText(versions().beside(self._said)))
        self.hide()

    def show_problem(self, said: str) -> None:
        """Have a problem to copy; "" is none."""
        self._said = said
        self.setVisible(bool(said))
