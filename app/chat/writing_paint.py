"""Shows how a reply was written: behind each token a mark of who it came from, and the key to the marks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF, QTextBlock, QTextDocument
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.chat.source_map import SourceMap
from app.chat.writing import TARGET, Writing, WrittenToken
from app.drafters import drafter_words, surest
from app.language import tr
from app.style.flow import flow
from app.style.sources import source_colour
from app.style.theme import theme

LINES = {
    "lookup": Qt.PenStyle.DashLine,
    "recycling": Qt.PenStyle.DotLine,
    "exit": Qt.PenStyle.DashDotLine,
    "self": Qt.PenStyle.DashDotDotLine,
}
"""How a source's tokens are underlined, so that colour does not carry the meaning alone; others get a solid line."""

WASH = 0.16
KEY_LINE = 20
KEY_MARK = 22


class WritingPainter:
    """Paints the marks of a document's tokens. Made for one painting.

    Args:
        step: The step that is pointed out, if any.
    """

    def __init__(
        self, painter: QPainter, document: QTextDocument, places: SourceMap, writing: Writing, step: int | None
    ) -> None:
        self._painter = painter
        self._document = document
        self._layout = document.documentLayout()
        self._places = places
        self._writing = writing
        self._step = step
        self._over = False

    def paint(self, visible: QRect, over: bool) -> None:
        """Paint of what is visible the washes, which belong under the text, or the lines, which stand `over` it."""
        self._over = over
        place = self._layout.hitTest(QPointF(0, visible.top()), Qt.HitTestAccuracy.FuzzyHit)
        block = self._document.findBlock(max(0, place))
        while block.isValid():
            area = self._layout.blockBoundingRect(block)
            if area.top() > visible.bottom():
                return
            self._paint_block(block, area.topLeft())
            block = block.next()

    def _paint_block(self, block: QTextBlock, origin: QPointF) -> None:
        end = block.position() + block.length() - 1
        for span in self._places.spans_within(block.position(), end):
            source, last = span.source, span.source + span.length
            while source < last:
                token = self._writing.at(source)
                if token is None:
                    break
                stop = min(token.end, last)
                first = span.document + source - span.source - block.position()
                for area in _areas(block, first, first + stop - source):
                    self._mark(token, area.translated(origin), starts=source == token.start)
                source = stop

    def _mark(self, token: WrittenToken, area: QRectF, starts: bool) -> None:
        # A gap between neighbours shows where one token ends and the next begins.
        area = area.adjusted(0.5 if starts else 0.0, 1.0, -0.5, -1.0)
        if not self._over:
            draw_wash(self._painter, area, token.source)
            return
        draw_line(self._painter, area, token.source, starts)
        if token.step == self._step:
            self._painter.setPen(QPen(theme().palette.ink, 1.0))
            self._painter.setBrush(Qt.BrushStyle.NoBrush)
            self._painter.drawRect(area)


def draw_wash(painter: QPainter, area: QRectF, source: str) -> None:
    """The ground of a drafted token; the target's own have none."""
    if source != TARGET:
        wash = QColor(source_colour(surest(source), theme().palette))
        wash.setAlphaF(WASH)
        painter.fillRect(area, wash)


def draw_line(painter: QPainter, area: QRectF, source: str, starts: bool = True) -> None:
    """Underline a drafted token; put a small diamond under the beginning of one of the target's own."""
    palette = theme().palette
    if source == TARGET:
        if starts:
            middle = QPointF(area.left() + 4, area.bottom() - 0.5)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.draft)
            painter.drawPolygon(_diamond(middle, 3.0))
        return
    colour = source_colour(surest(source), palette)
    painter.setPen(QPen(colour, 1.5, LINES.get(surest(source), Qt.PenStyle.SolidLine), Qt.PenCapStyle.FlatCap))
    painter.drawLine(QPointF(area.left(), area.bottom() - 0.5), QPointF(area.right(), area.bottom() - 0.5))


def token_words(token: WrittenToken, writing: Writing, content: str) -> str:
    """What is known of a token, for its tooltip."""
    text = content[token.start : token.end].replace("\n", "⏎").replace(" ", "·")
    if token.source == TARGET:
        origin = tr("added by the target itself")
    else:
        origin = tr("drafted by {source}, accepted by the target", source=drafter_words(token.source))
    added = writing.of_step(token.step)
    accepted = sum(other.source != TARGET for other in added)
    return (
        tr(
            "“{text}”: {origin}.\n"
            "Step {step} of {count}: a tree of {nodes} nodes, {accepted} accepted, {count2} committed.\n"
            "Click to see its tree.",
            text=text,
            origin=origin,
            step=token.step + 1,
            count=len(writing.nodes),
            nodes=writing.nodes[token.step],
            accepted=accepted,
            count2=len(added),
        )
    )


def _areas(block: QTextBlock, first: int, last: int) -> list[QRectF]:
    """Where characters of a block stand in its layout, one rectangle a line."""
    layout, areas = block.layout(), []
    while first < last:
        line = layout.lineForTextPosition(first)
        if not line.isValid():
            break
        end = min(last, line.textStart() + line.textLength())
        if end <= first:
            break
        left, right = _x(line.cursorToX(first)), _x(line.cursorToX(end))
        areas.append(QRectF(min(left, right), line.y(), abs(right - left), line.height()))
        first = end
    return areas


def _x(found: object) -> float:
    """Of what Qt's binding returns for a place in a line, the place."""
    return float(found[0] if isinstance(found, tuple) else found)  # type: ignore[arg-type]


def _diamond(centre: QPointF, radius: float) -> QPolygonF:
    x, y = centre.x(), centre.y()
    return QPolygonF([QPointF(x, y - radius), QPointF(x + radius, y), QPointF(x, y + radius), QPointF(x - radius, y)])


class WritingKey(QWidget):
    """The key to the marks, with how much of the reply each source wrote."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[tuple[str, str]] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme().changed.connect(self.update)

    def show_writing(self, writing: Writing) -> None:
        """Name the sources of a reply, the one with most tokens first."""
        counts: dict[str, int] = {}
        for names, count in writing.counts.items():
            counts[surest(names)] = counts.get(surest(names), 0) + count
        total = max(1, sum(counts.values()))
        self._entries = [
            (
                source,
                f"{tr('the target itself') if source == TARGET else drafter_words(source)} {count * 100 // total} %",
            )
            for source, count in sorted(counts.items(), key=lambda entry: -entry[1])
        ]
        self.setAccessibleName(tr("How this was written: ") + ", ".join(words for _, words in self._entries))
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(max((place.bottom() for place in self._places(width)), default=0.0))

    def sizeHint(self) -> QSize:
        return QSize(320, self.heightForWidth(max(320, self.width())))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font(11))
        for (source, words), place in zip(self._entries, self._places(self.width()), strict=True):
            mark = QRectF(place.left(), place.top() + 3, 14, place.height() - 7)
            draw_wash(painter, mark, source)
            draw_line(painter, mark, source)
            painter.setPen(theme().palette.muted)
            painter.drawText(place.adjusted(KEY_MARK, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    def _places(self, width: int) -> list[QRectF]:
        metrics = QFontMetricsF(theme().font(11))
        return flow((KEY_MARK + metrics.horizontalAdvance(words) + 4 for _, words in self._entries), width, KEY_LINE)
