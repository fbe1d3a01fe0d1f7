"""The key to the picture: one line that says what the marks mean."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.drafters import drafter_words, surest
from app.language import tr
from app.style.flow import flow
from app.style.theme import theme
from app.tree.ink import Ink, pen
from app.tree.scene import Scene
from app.tree.shapes import add_node, diamond, tick

_LINE = 18
_MARK = 18


class Legend(QWidget):
    """Marks with their words, wrapped to the width. Sources are named once there is more than one kind."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sources: tuple[str, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("Key"))
        self.setToolTip(tr("The thicker the line, the likelier the draft thought the token."))
        theme().changed.connect(self.update)

    def show_scene(self, scene: Scene | None) -> None:
        """Name the kinds of drafter of a step by the colour and the corners of their nodes."""
        sources = tuple(sorted({surest(name) for name in scene.tree.sources} - {""})) if scene is not None else ()
        if sources != self._sources:
            self._sources = sources
            self.updateGeometry()
            self.update()

    @property
    def entries(self) -> list[tuple[str, str]]:
        """Mark and words of each entry."""
        states = [
            ("accepted", tr("accepted")),
            ("open", tr("drafted, not taken")),
            ("exit", tr("the target's own choice")),
            ("width", tr("likelier")),
        ]
        kinds = [(source, drafter_words(source)) for source in self._sources] if len(self._sources) > 1 else []
        return states + kinds

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return int(self._places(width)[-1].bottom())

    def sizeHint(self) -> QSize:
        return QSize(320, self.heightForWidth(max(self.width(), 320)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(theme())
        for (mark, words), place in zip(self.entries, self._places(self.width()), strict=True):
            self._paint_mark(painter, mark, QRectF(place.left() + 1, place.top() + 4.5, _MARK - 6, 9), ink)
            painter.setFont(ink.caption)
            painter.setPen(ink.palette.muted)
            painter.drawText(place.adjusted(_MARK, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def _places(self, width: float) -> list[QRectF]:
        metrics = QFontMetricsF(theme().font(11))
        return flow((_MARK + metrics.horizontalAdvance(words) + 1 for _, words in self.entries), width, _LINE)

    def _paint_mark(self, painter: QPainter, mark: str, rect: QRectF, ink: Ink) -> None:
        palette = ink.palette
        if mark == "exit":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.draft)
            painter.drawPolygon(diamond(rect.center(), 5.5))
            return
        if mark == "width":
            for index, width in enumerate((1.0, 2.2, 4.0)):
                painter.setPen(pen(ink.edge, width))
                x = rect.left() + 1 + index * 5
                painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
            return
        outline = QPainterPath()
        add_node(outline, rect, mark)
        line = palette.accent if mark == "accepted" else palette.muted if mark == "open" else ink.source(mark)
        painter.setPen(pen(line, 1.5))
        painter.setBrush(palette.accent if mark == "accepted" else palette.surface)
        painter.drawPath(outline)
        if mark == "accepted":
            painter.setPen(pen(palette.surface, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(tick(rect.center(), 4.5))
