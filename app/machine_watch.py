"""Watches the machine from worker threads: what it offers, its gauges once a second, and how fast its drive is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.language import tr
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
        measure_wanted: Layers of these models (folders) should be measured by the engine, which has nothing to do;
            and whether those measured before, too.
        refused: Why nothing is measured now, as a sentence.
    """

    probed = Signal(object)
    read = Signal(object)
    measure_wanted = Signal(tuple, bool)
    refused = Signal(str)

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
        self._measured: set[Path] = set()
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
        pid = self._engine_pid()
        self._background.run(lambda: _probe(folder, pid), self.probed.emit, self._fail)

    def measure_again(self) -> None:
        """Measure layers and drive anew, unless something is being loaded or written; then say so."""
        plan = self._plan_at_rest()
        if plan is None or not self._engine_started:
            self.refused.emit(tr("Nothing is measured while a model loads or writes: try again afterwards."))
            return
        self.measure_wanted.emit(tuple(folder for folder in (plan.model, plan.draft) if folder is not None), True)
        self._drive.run(lambda: _survey_drive(plan.model, again=True), lambda _: self.probe(self._folder), self._fail)

    def saw_measured(self, complete: bool) -> None:
        """The engine has measured, all that was wanted or a part before something else was wanted of it."""
        if not complete:
            self._measured.clear()
        self.probe(self._folder)

    def record_engine(self, started: Started) -> None:
        """Remember what the engine process takes before it loads anything, and look at the machine again."""
        self._engine_started = True
        folder, pid = self._folder, self._engine_pid()

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
            return _probe(folder, pid)

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
        if not self._engine_started or plan is None:
            return
        models = tuple(folder for folder in (plan.model, plan.draft) if folder is not None)
        if not self._measured.issuperset(models):
            self._measured.update(models)
            self.measure_wanted.emit(models, False)
        elif plan.fits and Tier.SSD in plan.streamed_tiers:
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


def _probe(folder: Path | None, engine: int | None) -> Machine:
    """The computer as if the engine process held nothing: the next load takes its place."""
    from core.machine.nvidia import read_devices
    from core.machine.own_memory import resident_bytes_of
    from core.machine.probe import probe_machine  # Only now: the window shows first.
    from core.machine.programs import with_programs

    machine = with_programs(probe_machine(folder))
    if engine is None:
        return machine
    held = {card.name: card.bytes_by_process.get(engine, 0) for card in read_devices()}
    return machine.with_freed(resident_bytes_of(engine), held)


def _survey_drive(folder: Path, again: bool = False) -> None:
    """Measure the drive that holds a model, unless that was done before and is not to be done again."""
    from core.machine.bandwidth import survey_drive
    from core.machine.profile import recorded

    if not again and recorded("drive_threads", folder) is not None:
        return
    try:
        survey_drive(folder)
    except OSError as error:
        log.warning("the speed of the drive was not saved: %s", error)
