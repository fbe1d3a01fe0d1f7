"""One setting: its name, a slider, and a field that shows the exact value and takes a typed one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolTip, QWidget

from app.planner.scales import NO_LIMIT, TICKS, LimitScale, limit_words, read_limit
from app.planner.slider import MarkedSlider
from app.style.theme import theme
from core.errors import BadRequest

Value = TypeVar("Value")


class SettingRow(QWidget):
    """Base of the rows.

    Signals:
        changed: The new value; also while the slider is dragged.
    """

    changed = Signal(object)

    def __init__(self, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = QLabel(name)
        self.slider = MarkedSlider()
        self.field = QLineEdit()
        for widget in (self.name, self.slider, self.field):
            widget.setToolTip(meaning)
        self.slider.setAccessibleName(name)
        self.field.setAccessibleName(name)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setFont(theme().font(11, mono=True))
        self.field.setFixedWidth(92)
        self.name.setFixedWidth(72)
        self.name.setBuddy(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.name)
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)
        self.slider.valueChanged.connect(self._slid)
        self.field.editingFinished.connect(self._typed)

    def _slid(self, tick: int) -> None:
        raise NotImplementedError

    def _typed(self) -> None:
        raise NotImplementedError

    def _set_slider(self, tick: int) -> None:
        """Move the handle without saying so."""
        self.slider.blockSignals(True)
        self.slider.setValue(tick)
        self.slider.blockSignals(False)
        self.slider.update()

    def _refuse(self, error: BadRequest) -> None:
        """A typed value that cannot be: say why beside it, and show the one that holds."""
        QToolTip.showText(self.field.mapToGlobal(self.field.rect().bottomLeft()), str(error), self.field)


class LimitRow(SettingRow):
    """A memory limit, from just below what runs to just above what holds everything; the last notch is no limit."""

    def __init__(self, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(name, meaning, parent)
        self.slider.setRange(0, TICKS)
        self.slider.setSingleStep(10)
        self.slider.setPageStep(100)
        self.scale: LimitScale | None = None
        self.limit: int | None = None

    def show_limit(self, limit: int | None, scale: LimitScale) -> None:
        """Show a limit on a scale."""
        self.limit, self.scale = limit, scale
        last = (TICKS - 1) / TICKS
        self.slider.set_marks(
            (
                (scale.share_of(scale.minimum) * last, f"Runs from {limit_words(scale.minimum)}"),
                (scale.share_of(scale.resident) * last, f"Every layer resident from {limit_words(scale.resident)}"),
                (1.0, NO_LIMIT.capitalize()),
            )
        )
        if not self.slider.isSliderDown():
            self._set_slider(scale.tick_of(limit))
        if not self.field.isModified():
            self.field.setText(limit_words(limit))

    def _slid(self, tick: int) -> None:
        if self.scale is not None:
            self.field.setModified(False)
            self.changed.emit(self.scale.limit_at(tick))

    def _typed(self) -> None:
        if not self.field.isModified():
            return
        self.field.setModified(False)
        try:
            self.changed.emit(read_limit(self.field.text()))
        except BadRequest as error:
            self._refuse(error)
            self.field.setText(limit_words(self.limit))


class StopRow(SettingRow, Generic[Value]):
    """A setting with stops. Values between the stops can be typed."""

    def __init__(
        self,
        name: str,
        meaning: str,
        words: Callable[[Value], str],
        read: Callable[[str], Value],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, meaning, parent)
        self._words, self._read = words, read
        self._stops: tuple[Value, ...] = ()
        self._value: Value | None = None

    def show_value(self, value: Value, stops: Sequence[Value], shown: str | None = None) -> None:
        """Show a value among stops; `shown` is written instead of its own words."""
        self._value, self._stops = value, tuple(stops)
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(self._stops) - 1)
        self.slider.setPageStep(max(1, len(self._stops) // 8))
        self.slider.blockSignals(False)
        if not self.slider.isSliderDown():
            self._set_slider(self._nearest(value))
        if not self.field.isModified():
            self.field.setText(shown if shown is not None else self._words(value))

    def _nearest(self, value: Value) -> int:
        """Index of the stop at or next to a value."""
        if value in self._stops:
            return self._stops.index(value)
        numbers = [(abs(stop - value), index) for index, stop in enumerate(self._stops) if isinstance(stop, int) and isinstance(value, int)]
        return min(numbers)[1]

    def _slid(self, tick: int) -> None:
        self.field.setModified(False)
        self.changed.emit(self._stops[tick])

    def _typed(self) -> None:
        if not self.field.isModified():
            return
        self.field.setModified(False)
        try:
            self.changed.emit(self._read(self.field.text()))
        except BadRequest as error:
            self._refuse(error)
            assert self._value is not None or None in self._stops
            self.field.setText(self._words(self._value))  # type: ignore[arg-type]
