"""How a row of the history is painted: headings as captions, folders with a chevron, conversations as quiet rows."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.chat.history import Role
from app.style.theme import theme
from core.chat.conversation import Excerpt

ROW = 28
HEADING = 32
INDENT = 16
EXCERPT_LINES = 2
EXCERPT_PX = 11

Index = QModelIndex | QPersistentModelIndex


class RowPainter(QStyledItemDelegate):
    """Paints the rows of a `History`."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        heading = index.data(Role.IS_HEADING) and index.data(Role.FOLDER) is None
        excerpt = EXCERPT_LINES * _line_height() + 6 if index.data(Role.EXCERPT) is not None else 0
        return QSize(0, HEADING if heading else ROW + excerpt)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        palette = theme().palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        folder = index.data(Role.FOLDER) is not None
        heading = bool(index.data(Role.IS_HEADING)) and not folder
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if not heading and (chosen or state & QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.selected if chosen else palette.hover)
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        inner = area.adjusted(8 + INDENT * int(index.data(Role.DEPTH) or 0), 10 if heading else 0, -8, 0)
        excerpt = index.data(Role.EXCERPT)
        if excerpt is not None:
            _paint_excerpt(painter, inner.adjusted(0, ROW - 2, 0, 0), excerpt)
            inner.setHeight(ROW)
        if folder:
            chevron = "chevron-right" if index.data(Role.IS_CLOSED) else "chevron-down"
            theme().icon(chevron, 16, palette.muted).paint(painter, inner.left() - 4, inner.top(), 16, inner.height())
            inner.setLeft(inner.left() + INDENT)
        painter.setFont(theme().font(11 if heading else 13, bold=heading))
        painter.setPen(palette.muted if heading else palette.ink)
        text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()


def _line_height() -> int:
    return round(QFontMetricsF(theme().font(EXCERPT_PX)).height()) + 1


def _paint_excerpt(painter: QPainter, area: QRect, excerpt: Excerpt) -> None:
    """The passage in a few lines, with what was looked for set off by weight and ground."""
    palette = theme().palette
    layout = QTextLayout(excerpt.text, theme().font(EXCERPT_PX))
    layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
    formats = []
    for begin, end in excerpt.marks:
        found = QTextCharFormat()
        found.setFontWeight(QFont.Weight.DemiBold)
        found.setForeground(palette.ink)
        found.setBackground(palette.found)
        span = QTextLayout.FormatRange()
        span.start, span.length, span.format = begin, end - begin, found
        formats.append(span)
    layout.setFormats(formats)
    layout.beginLayout()
    for number in range(EXCERPT_LINES):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(area.width())
        line.setPosition(QPointF(0, number * _line_height()))
    layout.endLayout()
    painter.setPen(palette.muted)
    layout.draw(painter, QPointF(area.topLeft()))
