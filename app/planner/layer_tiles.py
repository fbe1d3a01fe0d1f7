"""One tile a layer, filled by where it lives, between the embedding and the head."""

from __future__ import annotations

from collections.abc import Collection, Hashable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.planner.flash import Flash
from app.planner.wording import seconds_words
from app.style.flow import flow
from app.style.painted import PaintedBar
from app.style.patterns import tier_brush
from app.style.theme import theme
from core.models.spec import ModelSpec
from core.planning.plan import Plan, Tier
from core.sizes import format_size

WIDEST, NARROWEST, HEIGHT, GAP = 24, 7, 20, 2
_SWATCH, _KEY_LINE = 16, 18


class LayerTiles(PaintedBar):
    """The layers of a plan in order, wrapped to the width, and how many live where."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan: Plan | None = None
        self._spec: ModelSpec | None = None
        self._flash = Flash(self)
        self.setAccessibleName(tr("Layers"))

    def show_plan(self, plan: Plan | None, spec: ModelSpec | None, changed: Collection[Hashable] = ()) -> None:
        """Draw a plan; the layers in `changed`, given by index, light up."""
        self._plan, self._spec = plan, spec
        self.setAccessibleDescription(self.summary)
        self._flash.light(changed)
        self.updateGeometry()
        self.update()

    @property
    def summary(self) -> str:
        """How many layers live where."""
        if self._plan is None:
            return ""
        return ", ".join(f"{count} {words}" for _, _, count, words in placements(self._plan))

    def tile_at(self, point: QPointF) -> int | None:
        """Which tile is at a point: 0 the embedding, then the layers, then the head."""
        return next((index for index, rect in enumerate(self._rects(self.width())) if rect.contains(point)), None)

    def words(self, tile: int) -> str:
        """What the tooltip of a tile says."""
        assert self._plan is not None
        assert self._spec is not None
        plan, count, others = self._plan, len(self._plan.layers), ""
        if tile == 0:
            name, group, tier = tr("Embedding"), self._spec.embedding, plan.embedding
        elif tile == count + 1:
            name, group, tier = tr("Head"), self._spec.head, plan.head
        else:
            name, group, tier = (
                tr("Layer {tile} of {count}", tile=tile, count=count),
                self._spec.layers[tile - 1],
                plan.layers[tile - 1],
            )
            experts = self._spec.expert_groups[tile - 1]
            if experts:
                size = format_size(sum(expert.bytes for expert in experts))
                others = tr("; its experts: {size}, {manner}", size=size, manner=_manner(plan, plan.experts[tile - 1]))
        return f"{name}: {format_size(group.bytes)}, {_manner(plan, tier)}{self._cost(group.bytes, tier)}{others}"

    def _cost(self, size: int, tier: Tier) -> str:
        """What a streamed part costs at each pass, as its share of all that streams."""
        assert self._plan is not None
        assert self._spec is not None
        plan, speed = self._plan, self._plan.speed
        streamed = sum(self._spec.layers[index].bytes for index in plan.streamed_layers)
        if speed is None or tier is plan.resident_tier or not streamed:
            return ""
        return tr(
            ": {stream} of streaming per pass", stream=seconds_words(speed.seconds.stream * min(1.0, size / streamed))
        )

    def heightForWidth(self, width: int) -> int:
        key = self._key_places(width)
        return int(key[-1].bottom()) + 2 if key else 0

    def words_at(self, point: QPointF) -> str:
        tile = self.tile_at(point)
        return self.words(tile) if tile is not None else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        plan = self._plan
        if plan is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        tiers = (plan.embedding, *plan.layers, plan.head)
        for tile, (tier, rect) in enumerate(zip(tiers, self._rects(self.width()), strict=True)):
            path = QPainterPath()
            if tile in (0, len(tiers) - 1):
                path.addRoundedRect(rect, rect.width() / 2, rect.width() / 2)
            else:
                path.addRoundedRect(rect, 2, 2)
            painter.setPen(QPen(palette.muted, 1))
            painter.setBrush(tier_brush(tier, tier is plan.resident_tier, palette))
            painter.drawPath(path)
            light = self._flash.colour(tile - 1)
            if light is not None:
                painter.fillPath(path, light)
        self._paint_key(painter, plan)

    def _rects(self, width: int) -> list[QRectF]:
        """The tiles, in as few rows of equal length as the width allows."""
        if self._plan is None:
            return []
        count = len(self._plan.layers) + 2
        rows = -(-count * (NARROWEST + GAP) // max(1, width))
        per_row = -(-count // rows)
        pitch = min(WIDEST, width // per_row)
        return [
            QRectF((i % per_row) * pitch + 0.5, (i // per_row) * (HEIGHT + 4) + 0.5, pitch - GAP - 1, HEIGHT - 1)
            for i in range(count)
        ]

    def _key_places(self, width: int) -> list[QRectF]:
        """Where the words below the tiles stand, wrapped."""
        if self._plan is None:
            return []
        metrics = QFontMetricsF(theme().font(11))
        top = self._rects(width)[-1].bottom() + 6
        texts = (f"{count} {words}" for _, _, count, words in placements(self._plan))
        places = flow((_SWATCH + metrics.horizontalAdvance(text) for text in texts), width, _KEY_LINE)
        return [place.translated(0, top) for place in places]

    def _paint_key(self, painter: QPainter, plan: Plan) -> None:
        palette = theme().palette
        painter.setFont(theme().font(11))
        for (tier, resident, count, words), place in zip(placements(plan), self._key_places(self.width()), strict=True):
            painter.setPen(QPen(palette.muted, 1))
            painter.setBrush(tier_brush(tier, resident, palette))
            painter.drawRoundedRect(QRectF(place.left() + 0.5, round(place.top()) + 4.5, 10, 10), 2, 2)
            painter.setPen(palette.muted)
            painter.drawText(place.adjusted(_SWATCH, 0, 4, 0), Qt.AlignmentFlag.AlignVCenter, f"{count} {words}")


def placements(plan: Plan) -> list[tuple[Tier, bool, int, str]]:
    """Each way that layers are placed: tier, whether resident, how many, and in words."""
    return [
        (tier, tier is plan.resident_tier, plan.layers.count(tier), _manner(plan, tier))
        for tier in Tier
        if tier in plan.layers
    ]


def _manner(plan: Plan, tier: Tier) -> str:
    if tier is plan.resident_tier:
        return tr("resident in {tier}", tier=tier.upper())
    return tr("streamed from {tier}", tier=tier.upper())
