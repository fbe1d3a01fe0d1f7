"""Draws a tier: the whole of it as one bar, our part magnified where it is small, and a key with sizes."""

from __future__ import annotations

from collections.abc import Collection, Hashable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.planner.flash import Flash
from app.planner.tank_model import TankModel
from app.style.flow import flow
from app.style.painted import PaintedBar, framed
from app.style.patterns import MEANINGS, WORDS, missing_brush, purpose_brush
from app.style.theme import theme
from core.planning.plan import Purpose, Tier
from core.sizes import format_size

BAR = 16
GAP = 12
"""Pixels between a bar and the magnified one beneath."""

_HEADING = 22
_KEY_LINE = 18
_SWATCH = 10


class Tank(PaintedBar):
    """One tier of the plan. Each segment says in a tooltip what it is for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: TankModel | None = None
        self._flash = Flash(self)

    def show_model(self, model: TankModel, changed: Collection[Hashable] = ()) -> None:
        """Draw a tier; the purposes in `changed` light up."""
        self.model = model
        self.setAccessibleName(model.tier.upper())
        parts = ", ".join(f"{WORDS[purpose]} {format_size(size)}" for purpose, size in self._key())
        self.setAccessibleDescription(f"{self._amount()}: {parts}")
        self._flash.light(changed)
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        if self.model is None:
            return 0
        key = self._key_places(width)
        return int(self._key_top() + (key[-1].bottom() if key else 0)) + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        model = self.model
        if model is None:
            return
        self.spots = []
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        width = float(self.width())
        painter.setFont(theme().font(13, bold=True))
        painter.setPen(palette.ink)
        painter.drawText(QRectF(0, 0, 80, _HEADING - 4), Qt.AlignmentFlag.AlignVCenter, model.tier.upper())
        painter.setFont(theme().font(11))
        painter.setPen(palette.draft if model.excess else palette.muted)
        aligned = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(60, 0, width - 60, _HEADING - 4), aligned, self._amount())
        bar = QRectF(0.5, _HEADING + 0.5, width - 1, BAR)
        self._paint_bar(painter, model, bar, max(model.total, model.taken), whole=True)
        if model.magnified:
            lens = bar.translated(0, BAR + GAP)
            self._paint_lens(painter, model, bar, lens)
            self._paint_bar(painter, model, lens, model.lens, whole=False)
        self._paint_key(painter, model)

    def _amount(self) -> str:
        """The tier in one line."""
        assert self.model is not None
        model = self.model
        if model.tier is Tier.SSD:
            return (
                tr("{taken} read at every pass", taken=format_size(model.taken))
                if model.taken
                else tr("nothing is read while writing")
            )
        if model.excess:
            return tr(
                "{taken}, above the limit of {limit}", taken=format_size(model.taken), limit=format_size(model.limit)
            )
        return tr("{taken} of {total}", taken=format_size(model.taken), total=format_size(model.total))

    def _key(self) -> list[tuple[Purpose, int]]:
        assert self.model is not None
        ends = [(Purpose.RESERVE, self.model.reserve), (Purpose.OTHERS, self.model.others)]
        return [*self.model.ours, *((purpose, size) for purpose, size in ends if size)]

    def _paint_bar(self, painter: QPainter, model: TankModel, bar: QRectF, span: int, whole: bool) -> None:
        """Ours from the left; in the whole tier also the reserve and others from the right; the limit as a tick."""
        scale = bar.width() / max(1, span)
        with framed(painter, bar, 3):
            self._paint_segments(painter, model, bar, scale, whole)
        if model.tier is not Tier.SSD and 0 < model.limit <= span:
            self._paint_limit(painter, bar, bar.left() + model.limit * scale)

    def _paint_segments(self, painter: QPainter, model: TankModel, bar: QRectF, scale: float, whole: bool) -> None:
        palette = theme().palette
        x = bar.left()
        for purpose, size in model.ours:
            rect = QRectF(x, bar.top(), max(size * scale, 1.0), bar.height())
            self._fill(painter, rect, purpose_brush(purpose, model.tier, palette), purpose, size)
            x += size * scale
        if whole:
            right = bar.right()
            for purpose, size in ((Purpose.OTHERS, model.others), (Purpose.RESERVE, model.reserve)):
                rect = QRectF(right - size * scale, bar.top(), size * scale, bar.height())
                self._fill(painter, rect, purpose_brush(purpose, model.tier, palette), purpose, size)
                right -= size * scale
            self.spots.append((QRectF(x, bar.top(), right - x, BAR), tr("Free: {free}", free=format_size(model.free))))
        if model.excess:
            left = bar.left() + model.limit * scale
            painter.fillRect(QRectF(left, bar.top(), x - left, bar.height()), missing_brush(palette))

    def _fill(self, painter: QPainter, rect: QRectF, brush: QBrush, purpose: Purpose, size: int) -> None:
        """One segment, a hairline at its right end, and its light if it has just changed."""
        palette = theme().palette
        painter.fillRect(rect, brush)
        if rect.width() > 3:
            painter.fillRect(QRectF(rect.right() - 1, rect.top(), 1, rect.height()), palette.surface)
        light = self._flash.colour(purpose)
        if light is not None:
            painter.fillRect(rect, light)
        self.spots.append((rect, f"{WORDS[purpose].capitalize()}: {format_size(size)}. {MEANINGS[purpose]}"))

    def _paint_limit(self, painter: QPainter, bar: QRectF, x: float) -> None:
        """The tick of the limit: a line through the bar with a small head above."""
        palette = theme().palette
        painter.setPen(QPen(palette.surface, 4))
        painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))
        painter.setPen(QPen(palette.ink, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(x, bar.top() - 2), QPointF(x, bar.bottom() + 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.ink)
        head = bar.top() - 5
        painter.drawPolygon(QPolygonF([QPointF(x - 4, head), QPointF(x + 4, head), QPointF(x, bar.top())]))
        assert self.model is not None
        self.spots.insert(
            0, (QRectF(x - 5, bar.top() - 6, 10, BAR + 8), tr("Limit: {limit}", limit=format_size(self.model.limit)))
        )

    def _paint_lens(self, painter: QPainter, model: TankModel, bar: QRectF, lens: QRectF) -> None:
        """Lines from our part of the tier to its magnified picture."""
        palette = theme().palette
        end = bar.left() + max(2.0, model.taken / max(1, model.total) * bar.width())
        shade = QPolygonF([bar.bottomLeft(), QPointF(end, bar.bottom()), lens.topRight(), lens.topLeft()])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.well)
        painter.drawPolygon(shade)
        painter.setPen(QPen(palette.line, 1))
        painter.drawLine(QPointF(end, bar.bottom()), lens.topRight())
        painter.drawLine(bar.bottomLeft(), lens.topLeft())

    def _key_top(self) -> float:
        assert self.model is not None
        return _HEADING + BAR + (BAR + GAP if self.model.magnified else 0) + 7

    def _key_texts(self) -> list[tuple[Purpose | None, str]]:
        """What stands in the key; None is free."""
        assert self.model is not None
        texts: list[tuple[Purpose | None, str]] = [
            (purpose, f"{WORDS[purpose]} {format_size(size)}") for purpose, size in self._key()
        ]
        if self.model.tier is not Tier.SSD and not self.model.excess:
            texts.append((None, tr("free {free}", free=format_size(self.model.free))))
        return texts

    def _key_places(self, width: float) -> list[QRectF]:
        metrics = QFontMetricsF(theme().font(11))
        widths = (_SWATCH + 6 + metrics.horizontalAdvance(words) for _, words in self._key_texts())
        return flow(widths, width, _KEY_LINE)

    def _paint_key(self, painter: QPainter, model: TankModel) -> None:
        palette = theme().palette
        painter.setFont(theme().font(11))
        for (purpose, words), place in zip(self._key_texts(), self._key_places(self.width()), strict=True):
            spot = place.translated(0, self._key_top())
            swatch = QRectF(spot.left() + 0.5, round(spot.center().y() - _SWATCH / 2) + 0.5, _SWATCH, _SWATCH)
            painter.setPen(QPen(palette.muted, 1))
            painter.setBrush(purpose_brush(purpose, model.tier, palette) if purpose else palette.well)
            painter.drawRoundedRect(swatch, 2, 2)
            painter.setPen(palette.muted)
            painter.drawText(spot.adjusted(_SWATCH + 6, 0, 4, 0), Qt.AlignmentFlag.AlignVCenter, words)
            meaning = MEANINGS[purpose] if purpose else tr("What nobody uses.")
            self.spots.append((spot, f"{words[0].upper()}{words[1:]}. {meaning}"))
