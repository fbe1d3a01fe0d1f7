"""Above the transcript: the chat's title, and the way to its own settings."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.language import tr
from app.style.buttons import quiet_button
from app.style.theme import theme


class ChatHeader(QWidget):
    """Signals: settings_wanted, to show or hide the chat's settings."""

    settings_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = ""
        self._title = QLabel()
        self._title.setProperty("muted", True)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self.button = quiet_button(tr("Settings"))
        self.button.setCheckable(True)
        self.button.setToolTip(tr("Settings of this chat alone"))
        self.button.toggled.connect(self.settings_wanted)
        line = QHBoxLayout(self)
        line.setContentsMargins(24, 8, 12, 4)
        line.addWidget(self._title, 1)
        line.addWidget(self.button)
        theme().changed.connect(self._dress)
        self._dress()

    def show_chat(self, title: str, settings: str) -> None:
        """Show a title, and in a word which settings are in use, if not the general ones."""
        self._title.setText(title)
        self._title.setToolTip(title)
        self.button.setText(settings or tr("Chat settings"))
        self.button.setAccessibleName(tr("Settings of this chat: {settings}", settings=settings or tr("as in general")))

    def _dress(self) -> None:
        self.button.setIcon(theme().icon("sliders"))
