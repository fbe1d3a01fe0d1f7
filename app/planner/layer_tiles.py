"""One tile a layer, filled by where it lives, between the embedding and the head."""

from __future__ import annotations

from collections.abc import Collection, Hashable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.planner.flash import Flash
from app.planner.patterns import tier_brush
from app.style.theme import theme
from core.models.spec import ModelSpec
from core.planning.plan import Plan, Tier
from core.sizes import format_size

WIDEST, NARROWEST, HEIGHT, GAP = 24, 7, 20, 2


class LayerTiles(QWidget):
    """The layers of a plan in order, wrapped to the width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan: Plan | None = None
        self._spec: ModelSpec | None = None
        self._flash = Flash(self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Layers")
        theme().changed.connect(self.update)

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
        assert self._plan is not None and self._spec is not None
        plan, count = self._plan, len(self._plan.layers)
        if tile in (0, count + 1):
            name, group, tier = (
                ("Embedding", self._spec.embedding, plan.embedding) if tile == 0 else ("Head", self._spec.head, plan.head)
            )
        else:
            name, group, tier = f"Layer {tile} of {count}", self._spec.layers[tile - 1], plan.layers[tile - 1]
        return f"{name}: {format_size(group.bytes)}, {_manner(plan, tier)}"

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rects = self._rects(width)
        return int(rects[-1].bottom()) + 2 if rects else 0

    def sizeHint(self) -> QSize:
        return QSize(300, self.heightForWidth(max(self.width(), 300)))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(self.width(), 200)))

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            tile = self.tile_at(QPointF(event.pos()))
            if tile is not None:
                QToolTip.showText(event.globalPos(), self.words(tile), self)
                return True
        return super().event(event)

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

    def _rects(self, width: int) -> list[QRectF]:
        if self._plan is None:
            return []
        count = len(self._plan.layers) + 2
        pitch = max(NARROWEST, min(WIDEST, width // count if width // count >= NARROWEST + GAP else NARROWEST + GAP))
        per_row = max(1, width // pitch)
        return [
            QRectF((i % per_row) * pitch + 0.5, (i // per_row) * (HEIGHT + 4) + 0.5, pitch - GAP - 1, HEIGHT - 1)
            for i in range(count)
        ]


def placements(plan: Plan) -> list[tuple[Tier, bool, int, str]]:
    """Each way that layers are placed: tier, whether resident, how many, and in words."""
    return [
        (tier, tier is plan.resident_tier, plan.layers.count(tier), _manner(plan, tier))
        for tier in Tier
        if tier in plan.layers
    ]


def _manner(plan: Plan, tier: Tier) -> str:
    if tier is plan.resident_tier:
        return f"resident in {tier.upper()}"
    return f"streamed from {tier.upper()}"


class TilesKey(QWidget):
    """What the fills of the tiles mean, with how many there are of each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan: Plan | None = None
        self.setFixedHeight(18)
        theme().changed.connect(self.update)

    def show_plan(self, plan: Plan | None) -> None:
        """Explain a plan's tiles."""
        self._plan = plan
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._plan is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        painter.setFont(theme().font(11))
        x = 0.0
        for tier, resident, count, words in placements(self._plan):
            text = f"{count} {words}"
            painter.setPen(QPen(palette.muted, 1))
            painter.setBrush(tier_brush(tier, resident, palette))
            painter.drawRoundedRect(QRectF(x + 0.5, 3.5, 10, 10), 2, 2)
            painter.setPen(palette.muted)
            painter.drawText(QRectF(x + 16, 0, 400, 18), Qt.AlignmentFlag.AlignVCenter, text)
            x += 16 + painter.fontMetrics().horizontalAdvance(text) + 14
