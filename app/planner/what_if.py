"""What if this computer had other parts: a row of choices that changes the machine that is planned for."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from app.language import tr
from core.machine.machine import Machine
from core.planning.catalogue import cards, drives, ram_sizes, with_card, with_drive, with_ram

AS_IT_IS = tr("as it is")
NO_CARD = tr("none")
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Parts:
    """Other parts than the computer has; None for its own.

    Attributes:
        card, drive: Titles of the catalogue; `NO_CARD` for no card.
        ram: Bytes in all.
    """

    card: str | None = None
    ram: int | None = None
    drive: str | None = None

    @property
    def any(self) -> bool:
        return self != Parts()

    @property
    def words(self) -> str:
        """What is otherwise, as a list."""
        ram = f"{self.ram // GIB} GiB RAM" if self.ram is not None else None
        card = tr("no graphics card") if self.card == NO_CARD else self.card
        return ", ".join(filter(None, (card, ram, self.drive)))

    def put_into(self, machine: Machine) -> Machine:
        """The computer with these parts."""
        if self.card is not None:
            machine = with_card(machine, next((card for card in cards() if card.title == self.card), None))
        if self.ram is not None:
            machine = with_ram(machine, self.ram)
        if self.drive is not None:
            machine = with_drive(machine, next(drive for drive in drives() if drive.title == self.drive))
        return machine


class WhatIf(QWidget):
    """Signals: changed(Parts)."""

    changed = Signal(Parts)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = _choice(tr("Graphics card"), [NO_CARD, *(card.title for card in cards())])
        self.ram = _choice("RAM", [_gib(size) for size in ram_sizes()])
        self.drive = _choice(tr("Drive"), [drive.title for drive in drives()])
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for line, box in enumerate((self.card, self.ram, self.drive)):
            name = QLabel(box.accessibleName())
            name.setBuddy(box)
            grid.addWidget(name, line, 0)
            grid.addWidget(box, line, 1)
            box.currentIndexChanged.connect(lambda _: self.changed.emit(self.parts))

    @property
    def parts(self) -> Parts:
        """What is chosen."""
        ram = self.ram.currentIndex()
        return Parts(
            card=self.card.currentText() if self.card.currentIndex() else None,
            ram=ram_sizes()[ram - 1] if ram else None,
            drive=self.drive.currentText() if self.drive.currentIndex() else None,
        )

    def reset(self) -> None:
        """Plan for the computer as it is."""
        for box in (self.card, self.ram, self.drive):
            box.setCurrentIndex(0)


def _choice(name: str, options: list[str]) -> QComboBox:
    box = QComboBox()
    box.addItems([AS_IT_IS, *options])
    box.setAccessibleName(name)
    box.setToolTip(tr("Plan for a computer with this part instead: its figures are the maker's, not measured."))
    return box


def _gib(size: int) -> str:
    return f"{size // GIB} GiB"
