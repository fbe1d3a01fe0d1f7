"""The part of the settings about trees that are kept: how much room they may take, and how much they take now."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from app.chat.keeper import Keeper
from app.language import tr
from core.chat.conversation import TraceUse
from core.sizes import format_size

CHOICES = (0, 64, 256, 1024, 4096)
"""MiB that can be chosen."""


class TreesSection(QWidget):
    """Args: remember: Called with the setting that changed."""

    def __init__(self, keeper: Keeper, remember: Callable[..., None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._remember = remember
        self._use = TraceUse(0, 0)
        self.limit = QComboBox()
        self.limit.setAccessibleName(tr("Room for the trees of replies"))
        self.limit.setFixedWidth(180)
        self.limit.activated.connect(lambda _: self._remember(trees_kept=self.limit.currentData()))
        self.says = QLabel()
        self.says.setProperty("muted", True)
        self.says.setWordWrap(True)
        self.forget = QPushButton(tr("Forget all trees …"))
        self.forget.setEnabled(False)
        self.forget.clicked.connect(self._ask)
        keeper.changed.connect(self._look)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.limit)
        line.addStretch(1)
        line.addWidget(self.forget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(line)
        column.addWidget(self.says)

    def show_limit(self, limit: int) -> None:
        """What the settings say; a limit that is none of the usual ones is among the choices."""
        self.limit.clear()
        for size in sorted({*CHOICES, limit}):
            self.limit.addItem(tr("At most {size}", size=format_size(size << 20)) if size else tr("Keep none"), size)
        self.limit.setCurrentIndex(self.limit.findData(limit))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _look(self) -> None:
        if self.isVisible():
            self._keeper.trace_use(self._show_use)

    def _show_use(self, use: TraceUse) -> None:
        self._use = use
        size = format_size(use.bytes)
        now = (
            tr("They take {size} now, for {count:,} replies.", size=size, count=use.replies)
            if use.replies != 1
            else tr("They take {size} now, for one reply.", size=size)
        )
        self.says.setText(
            tr("Kept beside the chats, so that the tree panel can show how an earlier reply was guessed.")
            + " "
            + (now if use.replies else tr("There are none yet."))
            + " "
            + tr("Where room runs out, the oldest go; the chats stay.")
        )
        self.forget.setEnabled(use.replies > 0)

    def _ask(self) -> None:
        """Nothing brings them back, so this is asked for once more."""
        question = QMessageBox(self)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle(tr("Forget all trees"))
        question.setText(tr("Forget the trees of all replies?"))
        question.setInformativeText(tr("The chats stay. This cannot be undone."))
        forget = question.addButton(
            tr("Free {size}", size=format_size(self._use.bytes)), QMessageBox.ButtonRole.DestructiveRole
        )
        question.addButton(QMessageBox.StandardButton.Cancel)
        question.setDefaultButton(QMessageBox.StandardButton.Cancel)
        question.finished.connect(question.deleteLater)
        forget.clicked.connect(lambda: self._keeper.forget_traces(lambda _: self._look()))
        question.open()
