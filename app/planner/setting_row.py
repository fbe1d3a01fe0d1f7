"""One setting: its name, a slider, and a field that shows the exact value and takes a typed one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QToolTip, QWidget

from app.language import tr
from app.planner.scales import (
    AUTO,
    BUDGET_STOPS,
    NO_LIMIT,
    TICKS,
    LimitScale,
    budget_words,
    context_words,
    limit_words,
    read_budget,
    read_context,
    read_limit,
    read_reserve,
)
from app.planner.slider import MarkedSlider
from app.style.theme import theme
from core.errors import BadRequest


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


class ChoiceRow(QWidget):
    """One of a few names; "auto" says beside itself what the planner takes.

    Signals:
        changed: The new name.
    """

    changed = Signal(str)

    def __init__(self, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._meaning = meaning
        self.name = QLabel(name)
        self.box = QComboBox()
        self.box.setAccessibleName(name)
        self.box.setFont(theme().font(11))
        self.box.setProperty("compact", True)
        self.box.setMinimumContentsLength(6)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.name.setBuddy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.name)
        row.addWidget(self.box, 1)
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit(self.box.currentData()))

    def show_choice(self, value: str, names: Mapping[str, str], chosen: str, why: str = "") -> None:
        """Show a choice.

        Args:
            names: What can be chosen besides "auto", with what it is called.
            chosen: What "auto" comes to; "" if nothing.
            why: A sentence about that for the tooltip.
        """
        automatic = f"{AUTO}: {names[chosen]}" if chosen in names else AUTO
        items = {"auto": automatic, **names}
        self.box.blockSignals(True)
        if [self.box.itemData(index) for index in range(self.box.count())] != list(items):
            self.box.clear()
            for item in items:
                self.box.addItem("", item)
        for index, words in enumerate(items.values()):
            self.box.setItemText(index, words)
        self.box.setCurrentIndex(max(0, self.box.findData(value)))
        self.box.blockSignals(False)
        for widget in (self.name, self.box):
            widget.setToolTip(f"{self._meaning} {why}".strip())


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
        marks = ((scale.minimum, tr("Runs from")), (scale.resident, tr("Every layer is resident from")))
        within = [(scale.share_of(at) * last, f"{words} {limit_words(at)}") for at, words in marks if at <= scale.high]
        self.slider.set_marks((*within, (1.0, NO_LIMIT.capitalize())))
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


class StopRow(SettingRow):
    """A setting with stops; values between them can be typed."""

    def __init__(self, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(name, meaning, parent)
        self._stops: tuple[int | None, ...] = ()
        self._value: int | None = None

    def show_value(self, value: int | None, stops: Sequence[int | None]) -> None:
        """Show a value among stops."""
        self._value, self._stops = value, tuple(stops)
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(self._stops) - 1)
        self.slider.setPageStep(max(1, len(self._stops) // 8))
        self.slider.blockSignals(False)
        if not self.slider.isSliderDown():
            self._set_slider(nearest_stop(value, self._stops))
        if not self.field.isModified():
            self.field.setText(self._words(value))

    def _words(self, value: int | None) -> str:
        raise NotImplementedError

    def _read(self, text: str) -> int | None:
        raise NotImplementedError

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
            self.field.setText(self._words(self._value))


class ContextRow(StopRow):
    """How much text a conversation may hold."""

    def _words(self, value: int | None) -> str:
        assert value is not None
        return context_words(value)

    def _read(self, text: str) -> int:
        return read_context(text)


class ReserveRow(StopRow):
    """What is kept for the rest of the computer."""

    def _words(self, value: int | None) -> str:
        return limit_words(value or 0)

    def _read(self, text: str) -> int:
        return read_reserve(text)


class BudgetRow(StopRow):
    """How many nodes a tree may have; None leaves it to the planner, whose choice is then shown beside."""

    def __init__(self, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(name, meaning, parent)
        self._chosen: int | None = None

    def show_budget(self, budget: int | None, chosen: int | None) -> None:
        """Show what was asked for; `chosen` is the plan's."""
        self._chosen = chosen
        self.show_value(budget, BUDGET_STOPS)

    def _words(self, value: int | None) -> str:
        return f"{AUTO}: {self._chosen}" if value is None and self._chosen else budget_words(value)

    def _read(self, text: str) -> int | None:
        return read_budget(text)


def nearest_stop(value: int | None, stops: Sequence[int | None]) -> int:
    """Index of the stop at or next to a value."""
    if value is None:
        return stops.index(None)
    return min((abs(stop - value), index) for index, stop in enumerate(stops) if stop is not None)[1]
