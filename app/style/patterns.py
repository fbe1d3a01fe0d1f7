"""How each kind of bytes is filled: a colour and a pattern, so that colour never carries the meaning alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap

from app.language import tr
from app.style.palette import Palette
from core.planning.plan import Purpose, Tier

TILE = 8
"""Logical pixels after which a pattern repeats."""

_SCALE = 2
"""Patterns are drawn at twice their size, so that they stay fine on fine screens."""

WORDS = {
    Purpose.WEIGHTS: tr("weights"),
    Purpose.STAGING: tr("staging"),
    Purpose.KV: tr("cache"),
    Purpose.DRAFT: tr("draft"),
    Purpose.SELF_DRAFT: tr("self-draft"),
    Purpose.ACTIVATIONS: tr("activations"),
    Purpose.ENGINE: tr("engine"),
    Purpose.OTHERS: tr("others"),
    Purpose.RESERVE: tr("reserve"),
}

MEANINGS = {
    Purpose.WEIGHTS: tr("Weights of the target that stay here."),
    Purpose.STAGING: tr("A ring of a few layers that streamed weights pass through."),
    Purpose.KV: tr("Keys and values of the conversation: it grows with the context."),
    Purpose.DRAFT: tr("The draft model with its own cache."),
    Purpose.SELF_DRAFT: tr("4-bit copies of the layers that stream, with which the target drafts for itself."),
    Purpose.ACTIVATIONS: tr("What a pass computes with besides the weights."),
    Purpose.ENGINE: tr("The engine process itself, before anything is loaded."),
    Purpose.OTHERS: tr("Other programs."),
    Purpose.RESERVE: tr("Kept free for the rest of the computer."),
}


def tier_colour(tier: Tier, palette: Palette) -> QColor:
    """The colour of a tier."""
    return {Tier.VRAM: palette.accent, Tier.RAM: palette.ram, Tier.SSD: palette.ssd}[tier]


def purpose_brush(purpose: Purpose, tier: Tier, palette: Palette) -> QBrush:
    """The fill of a purpose in a tier."""
    colour = {
        Purpose.WEIGHTS: tier_colour(tier, palette),
        Purpose.STAGING: tier_colour(tier, palette),
        Purpose.KV: palette.cache,
        Purpose.DRAFT: palette.draft,
        Purpose.SELF_DRAFT: palette.draft,
        Purpose.ACTIVATIONS: palette.muted,
        Purpose.ENGINE: palette.muted,
        Purpose.OTHERS: palette.others,
        Purpose.RESERVE: palette.others,
    }[purpose]
    return pattern(_PATTERNS[purpose], colour, palette.surface)


def tier_brush(tier: Tier, resident: bool, palette: Palette) -> QBrush:
    """The fill of a layer's tile: solid if it is resident, lined if it streams from RAM, hatched if from the drive."""
    name = "solid" if resident else "lined" if tier is Tier.RAM else "hatched"
    return pattern(name, tier_colour(tier, palette), palette.surface)


def missing_brush(palette: Palette) -> QBrush:
    """The fill of what does not fit."""
    return pattern("crossed", palette.draft, palette.surface)


def pattern(name: str, colour: QColor, ground: QColor) -> QBrush:
    """A fill by name: solid, hatched, backhatched, dotted, lined, barred, crossed or sparse."""
    return _pattern(name, colour.rgb(), ground.rgb())


@lru_cache(maxsize=128)
def _pattern(name: str, colour: int, ground: int) -> QBrush:
    ink, paper = QColor(colour), QColor(ground)
    if name == "solid":
        return QBrush(ink)
    pixmap = QPixmap(TILE * _SCALE, TILE * _SCALE)
    pixmap.setDevicePixelRatio(_SCALE)
    pixmap.fill(paper)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _DRAW[name](painter, ink)
    painter.end()
    return QBrush(pixmap)


def _lines(painter: QPainter, ink: QColor, width: float, lines: list[tuple[float, float, float, float]]) -> None:
    painter.setPen(QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    for x1, y1, x2, y2 in lines:
        painter.drawLine(QPointF(x1, y1), QPointF(x2, y2))


def _wash(painter: QPainter, ink: QColor, opacity: float) -> None:
    """Tint the paper, so that a pattern still reads as one area."""
    wash = QColor(ink)
    wash.setAlphaF(opacity)
    painter.fillRect(QRectF(0, 0, TILE, TILE), wash)


def _hatched(painter: QPainter, ink: QColor) -> None:
    _wash(painter, ink, 0.25)
    _lines(painter, ink, 2.0, [(-2, 6, 6, -2), (-2, 10, 10, -2), (2, 10, 10, 2), (-2, 2, 2, -2), (6, 10, 10, 6)])


def _backhatched(painter: QPainter, ink: QColor) -> None:
    painter.translate(TILE, 0)
    painter.scale(-1, 1)
    _hatched(painter, ink)


def _dotted(painter: QPainter, ink: QColor) -> None:
    _wash(painter, ink, 0.35)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    for x, y in ((2, 2), (6, 6)):
        painter.drawEllipse(QPointF(x, y), 1.6, 1.6)


def _lined(painter: QPainter, ink: QColor) -> None:
    _wash(painter, ink, 0.25)
    _lines(painter, ink, 2.0, [(0, 1, 8, 1), (0, 5, 8, 5)])


def _barred(painter: QPainter, ink: QColor) -> None:
    _wash(painter, ink, 0.3)
    _lines(painter, ink, 1.2, [(1, 0, 1, 8), (5, 0, 5, 8)])


def _crossed(painter: QPainter, ink: QColor) -> None:
    _wash(painter, ink, 0.12)
    _lines(painter, ink, 1.2, [(0, 8, 8, 0), (0, 0, 8, 8)])


def _grid(painter: QPainter, ink: QColor) -> None:
    _wash(painter, ink, 0.3)
    _lines(painter, ink, 1.0, [(0, 2, 8, 2), (0, 6, 8, 6), (2, 0, 2, 8), (6, 0, 6, 8)])


def _sparse(painter: QPainter, ink: QColor) -> None:
    _lines(painter, ink, 1.0, [(-2, 10, 10, -2)])


_DRAW: dict[str, Callable[[QPainter, QColor], None]] = {
    "hatched": _hatched,
    "backhatched": _backhatched,
    "dotted": _dotted,
    "lined": _lined,
    "barred": _barred,
    "crossed": _crossed,
    "grid": _grid,
    "sparse": _sparse,
}

_PATTERNS = {
    Purpose.WEIGHTS: "solid",
    Purpose.STAGING: "hatched",
    Purpose.KV: "dotted",
    Purpose.DRAFT: "backhatched",
    Purpose.SELF_DRAFT: "dotted",
    Purpose.ACTIVATIONS: "lined",
    Purpose.ENGINE: "grid",
    Purpose.OTHERS: "barred",
    Purpose.RESERVE: "sparse",
}
