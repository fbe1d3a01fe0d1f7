"""The settings in use: changed from anywhere, written to disk in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.language import tr
from app.settings.settings import Settings, SettingsFileUnreadable, load_settings, save_settings
from core.errors import BadRequest, PenjingError

SAVE_PAUSE_MS = 500


class KeptSettings(QObject):
    """The settings, loaded from `file`.

    Attributes:
        current: The settings now.
        problem: Why the file could not be used, if it could not.

    Signals:
        changed: With the names of the fields that are others now.
        failed: The settings could not be saved: what happened, what to do.
    """

    changed = Signal(set)
    failed = Signal(str, str)

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self.problem: SettingsFileUnreadable | None = None
        try:
            self.current = load_settings(file)
        except SettingsFileUnreadable as error:
            self.current = Settings()
            self.problem = error
        self._background = Background("settings", self)
        self._pause = QTimer(self, interval=SAVE_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._save)

    def remember(self, **fields: Any) -> None:
        """Change settings; they are saved shortly after the last change."""
        different = {name for name, value in fields.items() if getattr(self.current, name) != value}
        if not different:
            return
        for name in different:
            setattr(self.current, name, fields[name])
        self._pause.start()
        self.changed.emit(different)

    def close(self) -> None:
        """Save what is not yet saved."""
        if self._pause.isActive():
            self._pause.stop()
            self._save()
        self._background.close()

    def _save(self) -> None:
        snapshot = self.current.model_copy(deep=True)

        def work() -> None:
            try:
                save_settings(snapshot, self._file)
            except OSError as error:
                raise BadRequest(
                    tr("The settings could not be saved: {strerror}.", strerror=error.strerror),
                    tr("Check the folder {parent}.", parent=self._file.parent),
                ) from error

        self._background.run(work, lambda _: None, self._fail)

    def _fail(self, error: PenjingError) -> None:
        self.failed.emit(error.what, error.remedy)
