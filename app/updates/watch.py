"""Looks for a newer Penjing: when asked, or once a day if the person wants that. It only tells; it installs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.background import Background
from core.errors import PenjingError
from core.updates.check import check, release_key
from core.updates.notice import Notice

DAY = 24 * 3600.0


class Wishes(Protocol):
    """What the settings say about updates.

    Attributes:
        updates: Whether to look once a day.
        update_url: Where.
        update_key: The public key of who publishes there; "" for that of this build.
        updates_looked: When it was looked last, in seconds since 1970.
    """

    updates: bool
    update_url: str
    update_key: str
    updates_looked: float


class UpdateWatch(QObject):
    """Asks in the background.

    Args:
        wishes: The settings now.
        remember: Called with the fields that changed.

    Signals:
        found: A newer version.
        current: There is none.
        failed: What happened, and what to do. Only after a person has asked: a daily look that fails is tried again
            the next day.
    """

    found = Signal(Notice)
    current = Signal()
    failed = Signal(str, str)

    def __init__(
        self, wishes: Callable[[], Wishes], remember: Callable[..., None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._wishes = wishes
        self._remember = remember
        self._background = Background("updates", self)

    def look_if_due(self) -> None:
        """Look, if the person wants that and has not heard for a day."""
        wishes = self._wishes()
        if wishes.updates and time.time() - wishes.updates_looked >= DAY:
            self._look(asked=False)

    def look(self) -> None:
        """Look now, because the person asks."""
        self._look(asked=True)

    def close(self) -> None:
        self._background.close()

    def _look(self, asked: bool) -> None:
        wishes = self._wishes()
        url, key = wishes.update_url, wishes.update_key or release_key()
        self._remember(updates_looked=time.time())

        def tell(notice: Notice | None) -> None:
            if notice is not None:
                self.found.emit(notice)
            elif asked:
                self.current.emit()

        def fail(error: PenjingError) -> None:
            if asked:
                self.failed.emit(error.what, error.remedy)

        self._background.run(lambda: check(url, key), tell, fail)
