"""What changed lights up once and fades."""

from __future__ import annotations

from collections.abc import Collection, Hashable

from PySide6.QtCore import QVariantAnimation
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.style.theme import theme

FADE_MS = 450


class Flash:
    """Lights up keys of a widget's picture; the widget asks for each key's `colour` when it paints."""

    def __init__(self, widget: QWidget) -> None:
        self._keys: frozenset[Hashable] = frozenset()
        self._clock = QVariantAnimation(widget)
        self._clock.setDuration(FADE_MS)
        self._clock.setStartValue(1.0)
        self._clock.setEndValue(0.0)
        self._clock.valueChanged.connect(lambda _: widget.update())

    def light(self, keys: Collection[Hashable]) -> None:
        """Light up some keys, unless things should not move."""
        if keys and not theme().reduced_motion:
            self._keys = frozenset(keys)
            self._clock.stop()
            self._clock.start()

    def colour(self, key: Hashable) -> QColor | None:
        """What to lay over a key's place now, or None."""
        if key not in self._keys or self._clock.state() is not QVariantAnimation.State.Running:
            return None
        colour = QColor(theme().palette.ink if theme().dark else theme().palette.surface)
        colour.setAlphaF(0.65 * float(self._clock.currentValue()))
        return colour
