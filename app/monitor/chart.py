"""A strip: one quantity over the last two minutes, its figure, and predictions and limits as lines across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.monitor.timeline import SPAN
from app.style.flow import flow
from app.style.painted import PaintedBar
from app.style.theme import theme

_HEADING, _CHART, _KEY, _SWATCH = 20, 44, 17, 15


@dataclass(frozen=True, slots=True)
class Band:
    """A part of what is stacked: its words in the key ("" for no key), and its value in each second, None if unknown.

    `fill` is a name that the strip's `brush` knows.
    """

    fill: str
    words: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across: `value` with its words. Predictions are dashed, limits are not."""

    value: float
    words: str
    dashed: bool


@dataclass(frozen=True, slots=True)
class StripModel:
    """What a strip shows.

    Attributes:
        figure: The value now, with its unit.
        top: The value at the upper edge; None for what the highest value needs.
        note: Stands in place of the chart if there is nothing to draw, and says why.
        meaning: For the tooltip.
    """

    name: str
    figure: str
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    top: float | None = None
    note: str = ""
    meaning: str = ""

    @property
    def ceiling(self) -> float:
        """The value at the upper edge."""
        if self.top is not None:
            return max(self.top, 1e-12)
        seconds = zip(*[band.values for band in self.bands], strict=True)
        heights = (sum(value or 0.0 for value in second) for second in seconds)
        return max(max(heights, default=0.0), *(mark.value for mark in self.marks), 1e-12) * 1.08

    @property
    def description(self) -> str:
        """The strip in words."""
        if self.note:
            return self.note
        parts = [self.figure, *(band.words for band in self.bands if band.words), *(mark.words for mark in self.marks)]
        return ", ".join(parts)


class Strip(PaintedBar):
    """Draws a `StripModel`, the newest second at the right. `brushes` gives the fills by name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = StripModel("", "")
        self._brushes: dict[str, QBrush] = {}
        policy = self.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)

    def show_model(self, model: StripModel, brushes: dict[str, QBrush]) -> None:
        """Draw a moment."""
        height = self.heightForWidth(self.width())
        self.model, self._brushes = model, brushes
        self.setAccessibleName(model.name)
        self.setAccessibleDescription(model.description)
        if self.heightForWidth(self.width()) != height:
            self.updateGeometry()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Around it is an area that scrolls, which asks for the least height only when told that it has changed.
        if self.heightForWidth(event.oldSize().width()) != self.heightForWidth(self.width()):
            self.updateGeometry()

    def heightForWidth(self, width: int) -> int:
        if self.model.note:
            return _HEADING + 2 * _KEY
        lines = [place.bottom() for place in self._key_places(width)]
        return int(max(lines, default=_HEADING + _CHART)) + 2

    def words_at(self, point: QPointF) -> str:
        return self.model.meaning

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette, model = theme().palette, self.model
        heading = QRectF(0, 0, self.width(), _HEADING)
        painter.setFont(theme().font(13, bold=True))
        painter.setPen(palette.ink)
        painter.drawText(heading, Qt.AlignmentFlag.AlignVCenter, model.name)
        painter.setFont(theme().font(13, mono=True))
        painter.drawText(heading, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, model.figure)
        if model.note:
            painter.setFont(theme().font(11))
            painter.setPen(palette.muted)
            room = QRectF(0, _HEADING, self.width(), 2 * _KEY)
            painter.drawText(room, int(Qt.TextFlag.TextWordWrap), model.note)
            return
        chart = QRectF(0, _HEADING, self.width(), _CHART)
        painter.fillRect(chart, palette.well)
        self._paint_bands(painter, chart)
        painter.setPen(QPen(palette.line, 1))
        painter.drawLine(chart.bottomLeft(), chart.bottomRight())
        self._paint_marks(painter, chart)
        self._paint_key(painter)

    def _paint_bands(self, painter: QPainter, chart: QRectF) -> None:
        bands = self.model.bands
        if not bands:
            return
        unit = chart.height() / self.model.ceiling
        below = [0.0] * len(bands[0].values)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for band in bands:
            path = QPainterPath()
            above = [low + (value or 0.0) for low, value in zip(below, band.values, strict=True)]
            for begin, end in _runs(band.values):
                self._add_area(path, chart, unit, below, above, begin, end)
            painter.setBrush(self._brushes[band.fill])
            painter.drawPath(path)
            below = above

    def _add_area(
        self,
        path: QPainterPath,
        chart: QRectF,
        unit: float,
        below: Sequence[float],
        above: Sequence[float],
        begin: int,
        end: int,
    ) -> None:
        """The stairs between two levels over the seconds from `begin` up to `end`."""
        pitch = chart.width() / SPAN
        left = chart.right() - len(above) * pitch
        tops = [(left + second * pitch, chart.bottom() - above[second] * unit) for second in range(begin, end)]
        bottoms = [(left + second * pitch, chart.bottom() - below[second] * unit) for second in range(begin, end)]
        points = [point for x, y in tops for point in ((x, y), (x + pitch, y))]
        points += [point for x, y in reversed(bottoms) for point in ((x + pitch, y), (x, y))]
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.closeSubpath()

    def _paint_marks(self, painter: QPainter, chart: QRectF) -> None:
        palette = theme().palette
        for mark in self.model.marks:
            y = round(chart.bottom() - mark.value / self.model.ceiling * chart.height()) + 0.5
            if y < chart.top():
                continue
            style = Qt.PenStyle.DashLine if mark.dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(palette.ink if mark.dashed else palette.muted, 1, style))
            painter.drawLine(QPointF(0, y), QPointF(chart.width(), y))

    def _paint_key(self, painter: QPainter) -> None:
        palette = theme().palette
        painter.setFont(theme().font(11))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for (kind, words), place in zip(self._key(self.model), self._key_places(self.width()), strict=True):
            swatch = QRectF(place.left() + 0.5, place.top() + 4.5, 9, 9)
            if kind in ("dashed", "limit"):
                style = Qt.PenStyle.DashLine if kind == "dashed" else Qt.PenStyle.SolidLine
                painter.setPen(QPen(palette.ink if kind == "dashed" else palette.muted, 1.5, style))
                middle = QPointF(0, swatch.center().y() - swatch.top())
                painter.drawLine(swatch.topLeft() + middle, swatch.topRight() + middle)
            else:
                painter.setPen(QPen(palette.muted, 1))
                painter.setBrush(self._brushes[kind] if kind else palette.well)
                painter.drawRoundedRect(swatch, 2, 2)
            painter.setPen(palette.muted)
            painter.drawText(place.adjusted(_SWATCH, 0, 4, 0), Qt.AlignmentFlag.AlignVCenter, words)

    @staticmethod
    def _key(model: StripModel) -> list[tuple[str, str]]:
        """Fill and words of each entry."""
        bands = [(band.fill, band.words) for band in model.bands if band.words]
        return [*bands, *(("dashed" if mark.dashed else "limit", mark.words) for mark in model.marks)]

    def _key_places(self, width: float) -> list[QRectF]:
        metrics = QFontMetricsF(theme().font(11))
        widths = (_SWATCH + metrics.horizontalAdvance(words) for _, words in self._key(self.model))
        return [place.translated(0, _HEADING + _CHART + 3) for place in flow(widths, width, _KEY)]


def _runs(values: Sequence[float | None]) -> list[tuple[int, int]]:
    """The stretches without a gap: first second and the one behind the last."""
    runs: list[tuple[int, int]] = []
    begin: int | None = None
    for second, value in enumerate([*values, None]):
        if value is not None and begin is None:
            begin = second
        elif value is None and begin is not None:
            runs.append((begin, second))
            begin = None
    return runs
