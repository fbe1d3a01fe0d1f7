"""Plans for every well-known model in a thread of its own, and hands over one after the other."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.background import Background
from core.errors import PenjingError
from core.machine.machine import Machine
from core.planning.worth import Offer, offers


class Comparing(QObject):
    """What was asked for last counts; what was begun before is dropped.

    Signals:
        changed: There is more in `found`, or it is complete.
        failed: Why there is nothing, as a sentence.

    Attributes:
        found: What is known so far.
        running: Whether more is to come.
    """

    changed = Signal()
    failed = Signal(str)
    _one = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: list[Offer] = []
        self.running = False
        self._round = 0
        self._background = Background("comparing", self)
        self._one.connect(self._add)

    def compare(self, machine: Machine, weight_format: str | None, context: int) -> None:
        """Begin anew for a machine. The rest is as in `core.planning.worth.offers`."""
        self._round += 1
        current = self._round
        self.found, self.running = [], True

        def work() -> int:
            for offer in offers(machine, weight_format, context):
                if self._round != current:
                    break
                self._one.emit(current, offer)
            return current

        # First: what ends at once may already answer within `run`.
        self.changed.emit()
        self._background.run(work, self._end, self._fail)

    def close(self) -> None:
        self._round += 1
        self._background.close()

    def _add(self, of: int, offer: Offer) -> None:
        if of == self._round:
            self.found.append(offer)
            self.changed.emit()

    def _end(self, of: int) -> None:
        if of == self._round:
            self.running = False
            self.changed.emit()

    def _fail(self, error: PenjingError) -> None:
        self.running = False
        self.failed.emit(str(error))
