"""Watches the machine from worker threads: what it offers, its gauges once a second, and how fast its drive is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from core.engine.messages import Started
from core.errors import PenjingError
from core.machine.machine import Figure, Machine, Source
from core.planning.plan import Plan, Tier

if TYPE_CHECKING:
    from core.machine.gauges import GaugeReader, Gauges

GAUGE_INTERVAL_MS = 1000

log = logging.getLogger(__name__)


class MachineWatch(QObject):
    """Looks at the machine whenever it is asked to, and at its gauges all the time.

    A drive that a plan streams from is measured once, when nothing else makes it busy.

    Args:
        engine_pid: The engine process, if there is one.
        plan_at_rest: The plan on screen; None while something is being loaded or written.

    Signals: probed(Machine); read(Gauges).
    """

    probed = Signal(object)
    read = Signal(object)

    def __init__(
        self,
        engine_pid: Callable[[], int | None],
        plan_at_rest: Callable[[], Plan | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engine_pid = engine_pid
        self._plan_at_rest = plan_at_rest
        self._folder: Path | None = None
        self._engine_started = False
        self._surveyed: set[Path] = set()
        self._reader: GaugeReader | None = None
        self._background = Background("machine", self)
        self._drive = Background("drive", self)
        self._timer = QTimer(self, interval=GAUGE_INTERVAL_MS)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        self._timer.start()
        self._look()

    def probe(self, folder: Path | None) -> None:
        """Look at the machine again; `folder` lies on the drive whose speed matters."""
        self._folder = folder
        self._background.run(lambda: _probe(folder), self.probed.emit, self._fail)

    def record_engine(self, started: Started) -> None:
        """Remember what the engine process takes before it loads anything, and look at the machine again."""
        self._engine_started = True
        folder = self._folder

        def work() -> Machine:
            from core.machine.profile import record

            figure = Figure(
                float(started.ram_bytes),
                Source.MEASURED,
                f"Resident memory of an engine process with torch {started.torch_version} and transformers "
                f"{started.transformers_version}.",
                date.today().isoformat(),
            )
            try:
                record("engine_bytes", figure)
            except OSError as error:
                # Plans then go on resting on the assumed figure, which says of itself that it is assumed.
                log.warning("the machine's profile was not saved: %s", error)
            return _probe(folder)

        self._background.run(work, self.probed.emit, self._fail)

    def close(self) -> None:
        self._timer.stop()
        self._background.close()
        self._drive.close()

    def _look(self) -> None:
        pid = self._engine_pid()
        self._background.run(lambda: self._gauges(pid), self.read.emit, self._fail)
        plan = self._plan_at_rest()
        # A starting engine process reads from the drive too.
        if self._engine_started and plan is not None and plan.fits and Tier.SSD in plan.streamed_tiers:
            self._survey(plan.model)

    def _survey(self, folder: Path) -> None:
        if folder not in self._surveyed:
            self._surveyed.add(folder)
            self._drive.run(lambda: _survey_drive(folder), lambda _: self.probe(self._folder), self._fail)

    def _gauges(self, pid: int | None) -> Gauges:
        from core.machine.gauges import GaugeReader  # Only now: the window shows first.

        if self._reader is None:
            self._reader = GaugeReader()
        return self._reader.read(pid)

    @staticmethod
    def _fail(error: PenjingError) -> None:
        log.warning("the machine could not be read: %s", error)


def _probe(folder: Path | None) -> Machine:
    from core.machine.probe import probe_machine  # Only now: the window shows first.

    return probe_machine(folder)


def _survey_drive(folder: Path) -> None:
    """Measure the drive that holds a model, unless that was done before."""
    from core.machine.bandwidth import survey_drive
    from core.machine.profile import recorded

    if recorded("drive_threads", folder) is not None:
        return
    try:
        survey_drive(folder)
    except OSError as error:
        log.warning("the speed of the drive was not saved: %s", error)
