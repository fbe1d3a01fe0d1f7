"""What is done to models on this computer, in a worker thread: checking their files, removing them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.background import Background
from app.language import tr
from core.errors import Cancelled, PenjingError
from core.sizes import format_size

if TYPE_CHECKING:
    from core.hub.library import InstalledModel


class InstalledWork(QObject):
    """Signals: checked, with a model and what was found in words; removed, with what was freed in words; failed."""

    checked = Signal(object, str)
    removed = Signal(str)
    failed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background("models at work", self)
        self._closing = threading.Event()

    def verify(self, model: InstalledModel) -> None:
        """Check every file against its checksum."""
        self.checked.emit(model, tr("Checking files…"))
        self._background.run(lambda: self._verified(model), lambda said: self.checked.emit(model, said), self._fail)

    def ask_to_remove(self, model: InstalledModel, window: QWidget) -> None:
        """Remove a model for good, once the person has seen how much that frees and agreed."""

        def ask(freed: int) -> None:
            question = QMessageBox(window)
            question.setIcon(QMessageBox.Icon.Question)
            question.setText(tr("Remove {name}?", name=model.name))
            shared = (
                tr(" Other programs that use the Hugging Face cache lose it too.") if model.origin == "cache" else ""
            )
            question.setInformativeText(
                tr(
                    "{freed} become free.{shared} It cannot be undone, but downloaded again.",
                    freed=format_size(freed),
                    shared=shared,
                )
            )
            remove = question.addButton(
                tr("Remove {freed}", freed=format_size(freed)), QMessageBox.ButtonRole.DestructiveRole
            )
            question.addButton(QMessageBox.StandardButton.Cancel)
            question.setDefaultButton(QMessageBox.StandardButton.Cancel)
            question.buttonClicked.connect(lambda button: self._remove(model, freed) if button is remove else None)
            question.finished.connect(question.deleteLater)
            question.open()

        self._background.run(lambda: _removable_bytes(model), ask, self._fail)

    def close(self) -> None:
        self._closing.set()
        self._background.close()

    def _remove(self, model: InstalledModel, freed: int) -> None:
        def done(_: None) -> None:
            self.removed.emit(tr("Removed {name}: {freed} are free again.", name=model.name, freed=format_size(freed)))

        self._background.run(lambda: _remove(model), done, self._fail)

    def _verified(self, model: InstalledModel) -> str:
        from core.hub.verification import Outcome, verify

        def stop_if_closing() -> None:
            if self._closing.is_set():
                raise Cancelled

        try:
            checks = list(verify(model, stop_if_closing))
        except Cancelled:
            return ""
        wrong = [check.why for check in checks if check.outcome in (Outcome.DAMAGED, Outcome.MISSING)]
        unknown = sum(check.outcome is Outcome.UNKNOWN for check in checks)
        if wrong:
            remedy = tr("Download it again: only what is damaged is fetched.") if model.origin == "download" else ""
            return "\n".join([*wrong, remedy]).strip()
        compared = sum(check.outcome is Outcome.RIGHT for check in checks) - 1
        files = (
            tr("All {compared} files hold what was sent.", compared=compared)
            if compared
            else tr("The headers describe the weights.")
        )
        return (
            tr("{files} For {unknown} files nothing says what they should hold.", files=files, unknown=unknown)
            if unknown
            else files
        )

    def _fail(self, error: PenjingError) -> None:
        self.failed.emit(error.what, error.remedy)


def _removable_bytes(model: InstalledModel) -> int:
    from core.hub.removal import removable_bytes

    return removable_bytes(model)


def _remove(model: InstalledModel) -> None:
    from core.hub.removal import remove

    remove(model)
