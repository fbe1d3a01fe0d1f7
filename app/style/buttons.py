"""Icon buttons that follow the theme."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from app.style.theme import theme


class IconButton(QToolButton):
    """A square button with a line icon. `says` is its tooltip and its accessible name."""

    def __init__(self, icon: str, says: str, parent: QWidget | None = None, px: int = 16) -> None:
        super().__init__(parent)
        self._name = icon
        self._px = px
        self.setIconSize(QSize(px, px))
        self.say(says)
        theme().changed.connect(self._tint)
        self._tint()

    def say(self, text: str) -> None:
        self.setToolTip(text)
        self.setAccessibleName(text)

    def show_icon(self, icon: str) -> None:
        self._name = icon
        self._tint()

    def set_primary(self, primary: bool) -> None:
        """Whether this is the one action the place is for."""
        self.setProperty("primary", primary)
        self.style().polish(self)
        self._tint()

    def _tint(self) -> None:
        tint = theme().palette.on_accent if self.property("primary") else None
        self.setIcon(theme().icon(self._name, self._px, tint))


def primary_button(text: str, parent: QWidget | None = None) -> QPushButton:
    """The button for the one action a place is for."""
    button = QPushButton(text, parent)
    button.setProperty("primary", True)
    return button


def quiet_button(text: str, parent: QWidget | None = None) -> QPushButton:
    """A button without a frame, for actions that should not call out."""
    button = QPushButton(text, parent)
    button.setProperty("quiet", True)
    return button
