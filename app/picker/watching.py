"""Notices when models come or go on the drive, whoever brings or takes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer

SETTLE_MS = 1500
"""A download by another program changes a folder many times; one look afterwards is enough."""


class FolderWatch(QObject):
    """Calls `changed` some time after something in the folders was added, removed or renamed."""

    def __init__(self, changed: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher = QFileSystemWatcher(self)
        self._settling = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._settling.timeout.connect(changed)
        self._watcher.directoryChanged.connect(lambda _: self._settling.start())

    def watch(self, folders: list[Path]) -> None:
        """Watch these instead of what was watched before. Those that are not there are left out."""
        wanted, now = {str(folder) for folder in folders if folder.is_dir()}, set(self._watcher.directories())
        if gone := list(now - wanted):
            self._watcher.removePaths(gone)
        if new := list(wanted - now):
            self._watcher.addPaths(new)
