"""The part of the settings about copies of models that draft for them: how much room they take, and an end of them."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.background import Background
from app.language import tr
from core.errors import PenjingError
from core.hub.self_drafts import remove_self_drafts, self_drafts_bytes
from core.sizes import format_size


class SelfDraftsSection(QWidget):
    """Looks in a thread of its own, whenever it is shown; `close_work` ends that."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._work = Background("self-drafts", self)
        self.says = QLabel()
        self.says.setProperty("muted", True)
        self.says.setWordWrap(True)
        self.remove = QPushButton(tr("Remove them"))
        self.remove.setAccessibleName(tr("Remove the copies that draft"))
        self.remove.setEnabled(False)
        self.remove.clicked.connect(self._remove)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        line.addWidget(self.says, 1)
        line.addWidget(self.remove)

    def close_work(self) -> None:
        """Finish what was begun; nothing is shown any more."""
        self._work.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _look(self) -> None:
        self._work.run(self_drafts_bytes, self._show_size, self._show_trouble)

    def _show_size(self, size: int) -> None:
        now = tr("They take {size} now.", size=format_size(size)) if size else tr("There are none yet.")
        what = tr("Where a model drafts for itself, 4-bit copies of its streamed layers are kept, and made only once.")
        self.says.setText(f"{what} {now}")
        self.remove.setEnabled(size > 0)

    def _remove(self) -> None:
        # Not asked for once more: a loaded model keeps its own in memory, and what is missing is made again.
        self.remove.setEnabled(False)
        self._work.run(remove_self_drafts, lambda _: self._look(), self._show_trouble)

    def _show_trouble(self, error: PenjingError) -> None:
        self.says.setText(f"{error.what} {error.remedy}")
