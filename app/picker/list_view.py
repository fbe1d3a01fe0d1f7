"""A list of models as high as its rows, each with its detail and, if it cannot be taken, the reason."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.picker.rows import Role, Rows
from app.style.theme import theme

Index = QModelIndex | QPersistentModelIndex

PADDING = 8
MARK = 28
"""Width of the column with the mark of the chosen row."""

WRAP = Qt.TextFlag.TextWordWrap


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        view = self.parent()
        assert isinstance(view, ModelListView)
        width = view.viewport().width()
        return QSize(width, self._reason_top() + self._reason_height(width, index) + PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        palette = theme().palette
        usable = index.data(Role.PROBLEM) is None
        chosen = bool(index.data(Role.CHOSEN))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or (usable and state & QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.selected if chosen else palette.hover)
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(palette.accent)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(0.5, 1.5, -0.5, -1.5), 6, 6)
        self._paint_mark(painter, area, chosen, usable)
        self._paint_words(painter, area, index, palette.ink if usable else palette.disabled)
        painter.restore()

    def _paint_mark(self, painter: QPainter, area: QRect, chosen: bool, usable: bool) -> None:
        palette = theme().palette
        middle = QRectF(area.left() + 8, area.top() + PADDING + 2, 14, 14)
        painter.setPen(palette.accent if chosen else palette.muted if usable else palette.line)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle.adjusted(0.5, 0.5, -0.5, -0.5))
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.accent)
            painter.drawEllipse(middle.adjusted(4, 4, -4, -4))

    def _paint_words(self, painter: QPainter, area: QRect, index: Index, ink: QColor) -> None:
        palette = theme().palette
        inner = area.adjusted(MARK, PADDING, -PADDING, 0)
        name = theme().font(13, bold=bool(index.data(Role.CHOSEN)))
        painter.setFont(name)
        painter.setPen(ink)
        height = QFontMetrics(name).height()
        title = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(QRect(inner.left(), inner.top(), inner.width(), height), 0, title)
        painter.setFont(theme().font(11))
        tag = index.data(Role.TAG)
        if tag:
            painter.setPen(palette.accent)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRect(inner.left(), inner.top(), inner.width(), height), right, tag)
        line = QRect(inner.left(), inner.top() + height + 2, inner.width(), painter.fontMetrics().height())
        painter.setPen(palette.muted if index.data(Role.PROBLEM) is None else palette.disabled)
        detail = painter.fontMetrics().elidedText(index.data(Role.DETAIL), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(line, 0, detail)
        if index.data(Role.PROBLEM):
            painter.setPen(palette.draft)
            reason = QRect(inner.left(), area.top() + self._reason_top(), inner.width(), area.height())
            painter.drawText(reason, WRAP, index.data(Role.PROBLEM))

    @staticmethod
    def _reason_top() -> int:
        return PADDING + QFontMetrics(theme().font(13)).height() + 4 + QFontMetrics(theme().font(11)).height()

    @staticmethod
    def _reason_height(width: int, index: Index) -> int:
        problem = index.data(Role.PROBLEM)
        if not problem:
            return 0
        room = QRect(0, 0, max(80, width - MARK - PADDING), 10_000)
        return QFontMetrics(theme().font(11)).boundingRect(room, WRAP, problem).height()


class ModelListView(QListView):
    """Signals: taken, with the model of a row that was clicked or activated."""

    taken = Signal(object)

    def __init__(self, rows: Rows, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(rows)
        self.setItemDelegate(_Painter(self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.clicked.connect(self._take)
        self.activated.connect(self._take)
        rows.modelReset.connect(self._fit)
        theme().changed.connect(self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _take(self, index: QModelIndex) -> None:
        if index.data(Role.PROBLEM) is None:
            self.taken.emit(index.data(Role.MODEL))

    def _fit(self) -> None:
        self.scheduleDelayedItemsLayout()
        rows = range(self.model().rowCount())
        option = QStyleOptionViewItem()
        height = sum(self.itemDelegate().sizeHint(option, self.model().index(row, 0)).height() for row in rows)
        self.setFixedHeight(height)
