"""Watches the machine from a worker thread: what it offers, and its gauges once a second."""

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

if TYPE_CHECKING:
    from core.machine.gauges import GaugeReader, Gauges

GAUGE_INTERVAL_MS = 1000

log = logging.getLogger(__name__)


class MachineWatch(QObject):
    """Signals: probed(Machine); read(Gauges)."""

    probed = Signal(object)
    read = Signal(object)

    def __init__(self, engine_pid: Callable[[], int | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine_pid = engine_pid
        self._reader: GaugeReader | None = None
        self._background = Background("machine", self)
        self._timer = QTimer(self, interval=GAUGE_INTERVAL_MS)
        self._timer.timeout.connect(self._read)

    def start(self) -> None:
        self._timer.start()
        self._read()

    def probe(self, folder: Path | None) -> None:
        """Look at the machine again; `folder` lies on the drive whose speed matters."""
        self._background.run(lambda: _probe(folder), self.probed.emit, self._fail)

    def record_engine(self, started: Started, folder: Path | None) -> None:
        """Remember what the engine process takes before it loads anything, and look at the machine again."""

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

    def _read(self) -> None:
        pid = self._engine_pid()
        self._background.run(lambda: self._gauges(pid), self.read.emit, self._fail)

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
