"""What a computer does, figure by figure, and how each came to be known: measured and when, its maker's, assumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.language import tr
from app.style.theme import theme
from core.machine.machine import Figure, Machine, Program, Source
from core.sizes import format_size


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `how` is a sentence about where it is from, "" where there is nothing to say."""

    name: str
    value: str
    source: str
    how: str


class MachineView(QWidget):
    """Two columns: what, and how much with how that is known; more of that in a tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)

    def show_machine(self, machine: Machine | None) -> None:
        """Show what is known of a computer; nothing without one."""
        rows = tuple(machine_rows(machine)) if machine is not None else ()
        if rows == self.rows:
            return
        self.rows = rows
        while (item := self._grid.takeAt(0)) is not None:
            if (label := item.widget()) is not None:
                label.hide()
                label.deleteLater()
        for line, row in enumerate(rows):
            self._grid.addWidget(_label(row.name, row.how, muted=True), line, 0, Qt.AlignmentFlag.AlignTop)
            words = ", ".join(filter(None, (row.value, row.source)))
            self._grid.addWidget(_label(words, row.how, muted=False), line, 1)


def machine_rows(machine: Machine) -> Iterator[Row]:
    """Every figure of a computer, speeds in the order in which they matter."""
    yield Row(tr("Processor"), tr("{cpu}, {cores} cores", cpu=machine.cpu, cores=machine.cores), "", "")
    for device in machine.devices:
        sizes = tr("{free} of {total} free", free=format_size(device.free_bytes), total=format_size(device.total_bytes))
        yield Row(device.title, sizes, "", _holders(device.programs))
    sizes = tr("{free} of {total} free", free=format_size(machine.ram_available), total=format_size(machine.ram_total))
    yield Row(tr("RAM"), sizes, "", _holders(machine.programs))
    drive = tr("Drive ({kind})", kind=machine.drive) if machine.drive else tr("Drive")
    yield _speed(drive, machine.drive_read)
    yield _speed(tr("Reading of RAM"), machine.memory_read)
    yield Row(tr("Matrix products"), f"{_three_digits(machine.matmul.value / 1e12)} TFLOP/s", *_origin(machine.matmul))
    for name, figure in (
        (tr("Copies to the card"), machine.host_to_device),
        (tr("… of ordinary memory"), machine.host_to_device_pageable),
        (tr("Reading of its memory"), machine.device_read),
    ):
        if figure is not None and machine.devices:
            yield _speed(name, figure)
    if machine.layers:
        when = max(cost.when or "" for cost in machine.layers)
        shapes = tr("{count} shapes", count=len(machine.layers))
        how = tr("Layers of these shapes were run as in replies: {shapes}.", shapes=", ".join(_shapes(machine)))
        yield Row(tr("Layers"), shapes, _source_words(Source.MEASURED, when), how)
    else:
        how = tr("No layer was measured yet: matrix products and reading of memory are reckoned with.")
        yield Row(tr("Layers"), tr("reckoned"), _source_words(Source.ASSUMED, None), how)
    yield Row(tr("Engine alone"), format_size(int(machine.engine_bytes.value)), *_origin(machine.engine_bytes))


def _shapes(machine: Machine) -> list[str]:
    return [cost.shape for cost in machine.layers]


def _speed(name: str, figure: Figure) -> Row:
    return Row(name, f"{_three_digits(figure.value / 1e9)} GB/s", *_origin(figure))


def _three_digits(value: float) -> str:
    """As many decimals as mean something."""
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def _origin(figure: Figure) -> tuple[str, str]:
    return _source_words(figure.source, figure.when), figure.how


def _source_words(source: Source, when: str | None) -> str:
    match source:
        case Source.MEASURED:
            return tr("measured {when}", when=when) if when else tr("measured")
        case Source.VENDOR:
            return tr("vendor's")
        case Source.ASSUMED:
            return tr("assumed")


def _holders(programs: tuple[Program, ...]) -> str:
    """Who holds most of a memory."""
    if not programs:
        return ""
    listed = ", ".join(f"{program.name} {format_size(program.bytes)}" for program in programs)
    return tr("Most is held by {listed}.", listed=listed)


def _label(text: str, tip: str, muted: bool) -> QLabel:
    label = QLabel(text)
    label.setFont(theme().font(11))
    label.setProperty("muted", muted)
    label.setToolTip(tip)
    label.setWordWrap(not muted)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
