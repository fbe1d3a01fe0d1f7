"""Fetches and removes the pack for NVIDIA cards in the background, and says which Python the engine runs in."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.language import tr
from core.engine.client import EngineClient
from core.errors import Cancelled, PenjingError
from core.gpu_pack.pack import GpuPack
from core.gpu_pack.recipe import Recipe, check_driver, driver_version, find_recipe

REPORT_SECONDS = 0.2


class PackKeeper(QObject):
    """The pack of this person.

    Args:
        folder: Where it lives.
        recipe: What it holds; that of this system by default.

    Attributes:
        made_for_this_system: Whether there is a pack at all.
        offered: Whether there is a pack for this system and a card that could use it.
        fallback: Why the engine computes on the processor although there is a pack; "" if it does not.

    Signals:
        changed: The pack has come or gone, or is no longer used.
        progressed: What is being done, and how much of the whole is done, from 0 to 1.
        failed: What happened, and what to do. Empty texts after the person has ended a download.
    """

    changed = Signal()
    progressed = Signal(str, float)
    failed = Signal(str, str)

    def __init__(self, folder: Path, recipe: Recipe | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        recipe = recipe or find_recipe()
        self._pack = GpuPack(folder, recipe) if recipe is not None else None
        self._cancelled = threading.Event()
        self._background = Background("gpu pack", self)
        self._reported = 0.0
        self.busy = False
        self.fallback = ""

    @property
    def made_for_this_system(self) -> bool:
        return self._pack is not None

    @property
    def offered(self) -> bool:
        return self._pack is not None and driver_version() is not None

    @property
    def installed(self) -> bool:
        return self._pack is not None and self._pack.interpreter is not None

    @property
    def bytes(self) -> int:
        """What the pack takes on the drive."""
        return self._pack.bytes if self._pack is not None else 0

    def make_client(self) -> EngineClient:
        """The client of a fresh engine process: in the pack, if there is one that works; else in this program."""
        interpreter = self._pack.interpreter if self._pack is not None and not self.fallback else None
        return EngineClient(str(interpreter) if interpreter is not None else None)

    def give_up(self, why: str) -> None:
        """Let the engine compute on the processor from now on: in the pack it did not start."""
        self.fallback = tr("The pack for NVIDIA cards did not start, so the processor computes. {why}", why=why)
        self.changed.emit()

    def install(self) -> None:
        """Fetch the pack. What has arrived before is not fetched again."""
        pack = self._pack
        if pack is None or self.busy:
            return
        self.busy = True
        self._cancelled.clear()

        def work() -> bool:
            check_driver(driver_version())
            try:
                pack.install(self._report, self._cancelled.is_set)
            except Cancelled:
                return False
            return True

        def done(whole: bool) -> None:
            self.busy = False
            self.fallback = ""
            if whole:
                self.changed.emit()
            else:
                self.failed.emit("", "")

        self._background.run(work, done, self._fail)

    def cancel(self) -> None:
        """End a download; what has arrived is kept."""
        self._cancelled.set()

    def remove(self) -> None:
        """Delete the pack and everything that was fetched for it."""
        if self._pack is not None and not self.busy:
            self.busy = True
            self._background.run(self._pack.remove, self._removed, self._fail)

    def close(self) -> None:
        self._cancelled.set()
        self._background.close()

    def _removed(self, _: None) -> None:
        self.busy = False
        self.fallback = ""
        self.changed.emit()

    def _report(self, what: str, share: float) -> None:
        now = time.monotonic()
        if now - self._reported >= REPORT_SECONDS or share >= 1:
            self._reported = now
            self.progressed.emit(what, share)

    def _fail(self, error: PenjingError) -> None:
        self.busy = False
        self.failed.emit(error.what, error.remedy)
