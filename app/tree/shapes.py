"""The outline of a node: its corners say who proposed it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPolygonF


def add_node(path: QPainterPath, rect: QRectF, source: str) -> None:
    """Add a node's outline: draft model round, lookup cut, recycling square, early exit a leaf, self-draft a seed."""
    corner = min(5.0, rect.height() / 3)
    if source == "lookup":
        path.addPolygon(_cut(rect, corner))
        path.closeSubpath()
    elif source == "recycling":
        path.addRect(rect)
    elif source == "exit":
        _add_leaf(path, rect, rect.height() / 2)
    elif source == "self":
        path.addRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    else:
        path.addRoundedRect(rect, corner, corner)


def diamond(centre: QPointF, radius: float) -> QPolygonF:
    """The mark of the target's own choice."""
    x, y = centre.x(), centre.y()
    return QPolygonF([QPointF(x, y - radius), QPointF(x + radius, y), QPointF(x, y + radius), QPointF(x - radius, y)])


def tick(centre: QPointF, radius: float) -> QPolygonF:
    """The open line of a tick mark."""
    x, y = centre.x(), centre.y()
    return QPolygonF(
        [
            QPointF(x - 0.55 * radius, y + 0.02 * radius),
            QPointF(x - 0.15 * radius, y + 0.45 * radius),
            QPointF(x + 0.6 * radius, y - 0.45 * radius),
        ]
    )


def _cut(rect: QRectF, corner: float) -> QPolygonF:
    left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
    return QPolygonF(
        [
            QPointF(left + corner, top),
            QPointF(right - corner, top),
            QPointF(right, top + corner),
            QPointF(right, bottom - corner),
            QPointF(right - corner, bottom),
            QPointF(left + corner, bottom),
            QPointF(left, bottom - corner),
            QPointF(left, top + corner),
        ]
    )


def _add_leaf(path: QPainterPath, rect: QRectF, radius: float) -> None:
    path.moveTo(rect.left(), rect.bottom())
    path.lineTo(rect.left(), rect.top() + radius)
    path.quadTo(rect.left(), rect.top(), rect.left() + radius, rect.top())
    path.lineTo(rect.right(), rect.top())
    path.lineTo(rect.right(), rect.bottom() - radius)
    path.quadTo(rect.right(), rect.bottom(), rect.right() - radius, rect.bottom())
    path.closeSubpath()
