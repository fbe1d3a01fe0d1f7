"""Token labels that are laid out once and painted often."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText

from app.tree.wording import label

KEPT = 4096
"""Laid-out labels kept; a few hundred bytes each."""


class Labels:
    """Paints token texts, shortened to the room they have."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self._cache: dict[tuple[str, int], tuple[QStaticText, float]] = {}

    def width(self, text: str) -> float:
        return self._metrics.horizontalAdvance(label(text))

    def draw(self, painter: QPainter, rect: QRectF, text: str, centred: bool = True) -> None:
        """Draw a token in a rectangle with the painter's pen; the painter's font must be `self.font`."""
        static, width = self._laid_out(text, int(rect.width()) - 4)
        x = rect.center().x() - width / 2 if centred else rect.left() + 3
        painter.drawStaticText(QPointF(round(x), round(rect.center().y() - self._metrics.height() / 2)), static)

    def _laid_out(self, text: str, room: int) -> tuple[QStaticText, float]:
        key = (text, room)
        if key not in self._cache:
            if len(self._cache) >= KEPT:
                self._cache.clear()
            shown = self._metrics.elidedText(label(text), Qt.TextElideMode.ElideRight, room)
            static = QStaticText(shown)
            static.setTextFormat(Qt.TextFormat.PlainText)
            static.prepare(font=self.font)
            self._cache[key] = (static, self._metrics.horizontalAdvance(shown))
        return self._cache[key]
