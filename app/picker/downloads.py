"""The downloads as the window shows them: looks at the queue a few times a second, while anything is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.language import tr
from core.errors import PenjingError

if TYPE_CHECKING:
    from core.hub.download import Download
    from core.hub.download_queue import DownloadQueue
    from core.hub.progress import Progress

LOOK_MS = 250


class Downloads(QObject):
    """Starts the queue when it is first needed. What an earlier run of the window left goes on by itself.

    Signals:
        changed: Some download is further than before.
        arrived: A model is here, with its name.
        failed: A download could not go on: what happened, and what to do.
        recalled: Downloads that were interrupted go on, with how many they are.
    """

    changed = Signal()
    arrived = Signal(str)
    failed = Signal(str, str)
    recalled = Signal(int)
    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.progress: list[Progress] = []
        self._queue: DownloadQueue | None = None
        self._ended.connect(self._tell)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)

    def recall(self) -> None:
        """Take up what was not finished when Penjing last ended, whatever ended it."""
        from core.hub.download import staged
        from core.locations import models_folder

        if staged(models_folder()):
            self.recalled.emit(len(self._started().recall(go_on=True)))
            self._timer.start()

    def start(self, repository: str) -> None:
        """Download a model, or let it go on."""
        try:
            self._started().start(repository)
        except PenjingError as error:
            self.failed.emit(error.what, error.remedy)
        self._timer.start()
        self._look()

    def pause(self, repository: str) -> None:
        self._started().pause(repository)
        self._look()

    def discard(self, repository: str) -> None:
        """Take a download off the list, and what has arrived of it off the drive."""
        self._started().discard_soon(repository)
        self._look()

    def close(self) -> None:
        """Let everything rest; it goes on the next time."""
        self._timer.stop()
        if self._queue is not None:
            self._queue.close()

    def _started(self) -> DownloadQueue:
        from core.hub.download_queue import DownloadQueue
        from core.hub.hub import Hub
        from core.locations import models_folder

        if self._queue is None:
            self._queue = DownloadQueue(Hub, models_folder(), self._ended.emit)
        return self._queue

    def _look(self) -> None:
        assert self._queue is not None
        self.progress = self._queue.progress
        if not any(progress.state in ("queued", "running", "waiting") for progress in self.progress):
            self._timer.stop()
        self.changed.emit()

    def _tell(self, download: Download) -> None:
        self._look()
        progress = download.progress
        if progress.state == "done":
            self.arrived.emit(progress.repository)
        else:
            self.failed.emit(tr("{repository} could not be downloaded.", repository=progress.repository), progress.note)
