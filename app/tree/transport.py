"""The controls that walk through a reply: a scrubber over all steps, play and pause, and how the tree is shown."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.language import tr
from app.planner.slider import MarkedSlider
from app.style.buttons import IconButton
from app.style.theme import theme


class Transport(QWidget):
    """Signals: step_chosen(index)."""

    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scrubber = MarkedSlider()
        self.scrubber.setAccessibleName(tr("Step"))
        self.scrubber.setToolTip(tr("All steps of the reply"))
        self.position = QLabel()
        self.previous = IconButton("step-back", tr("Step before (Page Up)"))
        self.pause = IconButton("pause", "")
        self.next = IconButton("step-forward", tr("Next step (Page Down)"))
        self.fit = IconButton("fit", tr("Whole tree (0, or double click)"))
        self.table = IconButton("table", tr("As a table"))
        self.more = IconButton("more", tr("Traces, pictures, and how it is drawn"))
        for toggle in (self.fit, self.table):
            toggle.setCheckable(True)
        self.scrubber.valueChanged.connect(self.step_chosen)
        self.previous.clicked.connect(lambda: self.step_chosen.emit(self.scrubber.value() - 1))
        self.next.clicked.connect(lambda: self.step_chosen.emit(self.scrubber.value() + 1))
        self._lay_out()

    def show_position(self, index: int, count: int) -> None:
        """Show which step of how many is looked at; -1 of 0 before the first."""
        with QSignalBlocker(self.scrubber):
            self.scrubber.setRange(0, max(0, count - 1))
            self.scrubber.setValue(max(0, index))
        self.scrubber.setEnabled(count > 1)
        self.position.setText(
            tr("step {index:,} of {count:,}", index=index + 1, count=count) if count else tr("no step yet")
        )
        self.previous.setEnabled(index > 0)
        self.next.setEnabled(index < count - 1)
        self.pause.setEnabled(count > 0)

    def show_running(self, running: bool, says: str) -> None:
        """Show what the middle button does."""
        self.pause.show_icon("pause" if running else "play")
        self.pause.say(tr("{says} (Space)", says=says))

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.position)
        buttons.addStretch()
        for button in (self.previous, self.pause, self.next):
            buttons.addWidget(button)
        buttons.addSpacing(8)
        for button in (self.fit, self.table, self.more):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.scrubber)
        column.addLayout(buttons)
        self.position.setFont(theme().font(11))
        self.position.setProperty("muted", True)
