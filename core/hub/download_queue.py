"""The downloads of a window or a command: one model after the other, each by several connections.

What was begun and not done is found again by a later process. Qt-free: whoever shows it asks for `progress`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from core.errors import Cancelled, PenjingError
from core.hub.download import Download, staged
from core.hub.hub import Hub
from core.hub.progress import Progress, State


class DownloadQueue:
    """Downloads in the order in which they were asked for. Every method may be called from any thread.

    Args:
        hub: Called for a hub at each start, so that a token that was set meanwhile counts.
        ended: Called, in a thread of the queue, with each download that is done or has failed.
    """

    def __init__(
        self, hub: Callable[[], Hub], models: Path, ended: Callable[[Download], None] = lambda _: None
    ) -> None:
        self._hub = hub
        self._models = models
        self._ended = ended
        self._change = threading.Condition()
        self._downloads: dict[str, Download] = {}
        self._waiting: list[str] = []
        self._discarded: list[Download] = []
        self._current: str | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="downloads", daemon=True)
        self._thread.start()

    @property
    def progress(self) -> list[Progress]:
        """Every download that was asked for, in that order."""
        with self._change:
            downloads = list(self._downloads.values())
        return [download.progress for download in downloads]

    def recall(self, go_on: bool) -> list[str]:
        """Take up what earlier processes left: queued if it should `go_on`, else paused. Returns the models' names."""
        found = []
        for manifest in staged(self._models):
            with self._change:
                if manifest.repository in self._downloads:
                    continue
                download = Download(self._hub(), self._models, manifest.repository)
                download.expect_staged()
                download.state = State.PAUSED
                self._downloads[manifest.repository] = download
            found.append(manifest.repository)
            if go_on:
                self.start(manifest.repository)
        return found

    def start(self, repository: str, revision: str | None = None) -> None:
        """Queue a model, or let a paused or failed one go on.

        Raises:
            BadRequest: That is no name of a model.
        """
        with self._change:
            if (repository == self._current and repository in self._downloads) or repository in self._waiting:
                return
            download = Download(self._hub(), self._models, repository, revision)
            download.expect_staged()
            self._downloads[repository] = download
            self._waiting.append(repository)
            self._change.notify_all()

    def pause(self, repository: str) -> None:
        """Let a download rest; what has arrived stays."""
        with self._change:
            if repository in self._waiting:
                self._waiting.remove(repository)
                self._downloads[repository].state = State.PAUSED
            elif repository == self._current and repository in self._downloads:
                self._downloads[repository].stop()

    def discard_soon(self, repository: str) -> None:
        """Take a download off the list. What has arrived is thrown away once it rests, unless the model is whole."""
        with self._change:
            download = self._downloads.pop(repository, None)
            if repository in self._waiting:
                self._waiting.remove(repository)
            if download is None or download.state is State.DONE:
                return
            download.stop()
            self._discarded.append(download)
            self._change.notify_all()

    def close(self) -> None:
        """Let everything rest where it is."""
        with self._change:
            self._closed = True
            self._waiting.clear()
            if self._current in self._downloads:
                self._downloads[self._current].stop()
            self._change.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closed or self._waiting or self._discarded)
                discarded, self._discarded = self._discarded, []
            for download in discarded:
                # Another process may hold it; then it is that one's to throw away.
                with contextlib.suppress(PenjingError, OSError):
                    download.discard()
            with self._change:
                if self._closed:
                    return
                if not self._waiting:
                    continue
                self._current = self._waiting.pop(0)
                download = self._downloads[self._current]
            # Why it failed is told by its progress.
            with contextlib.suppress(Cancelled, PenjingError):
                download.run()
            with self._change:
                self._current = None
                self._change.notify_all()
            if download.state in (State.DONE, State.FAILED):
                self._ended(download)
