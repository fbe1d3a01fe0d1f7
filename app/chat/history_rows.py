"""How a row of the history is painted: headings as captions, folders with a chevron, conversations as quiet rows."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.chat.history import Role
from app.style.theme import theme

ROW = 28
HEADING = 32
INDENT = 16

Index = QModelIndex | QPersistentModelIndex


class RowPainter(QStyledItemDelegate):
    """Paints the rows of a `History`."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        heading = index.data(Role.IS_HEADING) and index.data(Role.FOLDER) is None
        return QSize(0, HEADING if heading else ROW)

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
        if folder:
            chevron = "chevron-right" if index.data(Role.IS_CLOSED) else "chevron-down"
            theme().icon(chevron, 16, palette.muted).paint(painter, inner.left() - 4, inner.top(), 16, inner.height())
            inner.setLeft(inner.left() + INDENT)
        painter.setFont(theme().font(11 if heading else 13, bold=heading))
        painter.setPen(palette.muted if heading else palette.ink)
        text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()
