"""The about page: versions, where things lie, the licence, and every key."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShowEvent
from PySide6.QtWidgets import QFormLayout, QLabel, QPushButton, QWidget

from app.language import tr
from app.style.page import Caption, Page
from app.style.theme import theme
from app.versions import versions

NAME_WIDTH = 240


class AboutPage(Page):
    """What this Penjing is made of, and the keys of its commands.

    Args:
        data: The person's folder.
        commands: Whose keys are listed, asked for anew each time the page is shown.
    """

    def __init__(self, data: Path, commands: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(tr("About Penjing"), parent)
        self._data = data
        self._commands = commands
        self.versions, self.keys = QFormLayout(), QFormLayout()
        for form in (self.versions, self.keys):
            form.setHorizontalSpacing(24)
            form.setVerticalSpacing(6)
        self._copy = QPushButton(tr("Copy"))
        self._copy.setToolTip(tr("Copy the versions, for a report"))
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text))
        self.head.addWidget(self._copy)
        says = QLabel(
            tr(
                "Runs language models that are too big for this computer: a small drafter guesses ahead, the "
                "model itself checks many guesses while its weights stream by. Free software under the "
                "Apache licence 2.0."
            )
        )
        says.setWordWrap(True)
        self.column.addWidget(says)
        self.column.addSpacing(8)
        self.column.addWidget(Caption(tr("Versions")))
        self.column.addLayout(self.versions)
        self.column.addSpacing(16)
        self.column.addWidget(Caption(tr("Keys")))
        self.column.addLayout(self.keys)
        self.column.addStretch(1)

    @property
    def text(self) -> str:
        """The versions as lines."""
        return "\n".join(f"{name}: {value}" for name, value in self._facts())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        _fill(self.versions, self._facts())
        keys = ((action.text(), action.shortcut()) for action in self._commands)
        native = QKeySequence.SequenceFormat.NativeText
        _fill(self.keys, ((name, sequence.toString(native)) for name, sequence in keys if not sequence.isEmpty()))

    def _facts(self) -> list[tuple[str, str]]:
        return [*versions().facts(), (tr("Chats, settings and logs"), str(self._data))]


def _fill(form: QFormLayout, rows: Iterable[tuple[str, str]]) -> None:
    while form.rowCount():
        form.removeRow(0)
    for name, value in rows:
        label, text = QLabel(name), QLabel(value)
        label.setProperty("muted", True)
        label.setMinimumWidth(NAME_WIDTH)
        text.setFont(theme().font(13, mono=True))
        text.setWordWrap(True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(f"{name}: {value}")
        form.addRow(label, text)
