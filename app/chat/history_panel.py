"""The left dock: new chat, search, conversations."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QPainter, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.chat.history import History, Role
from app.style.theme import theme

ROW = 28
HEADING = 32


class _RowPainter(QStyledItemDelegate):
    """Headings as captions, conversations as quiet rows."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, HEADING if index.data(Role.IS_HEADING) else ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        palette = theme().palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        heading = bool(index.data(Role.IS_HEADING))
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if not heading and (chosen or state & QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.selected if chosen else palette.hover)
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        painter.setFont(theme().font(11 if heading else 13, bold=heading))
        painter.setPen(palette.muted if heading else palette.ink)
        inner = area.adjusted(8, 10 if heading else 0, -8, 0)
        text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()


class HistoryPanel(QWidget):
    """Signals: new_wanted; open_wanted, rename_wanted and delete_wanted with a conversation (and its new title)."""

    new_wanted = Signal()
    open_wanted = Signal(object)
    rename_wanted = Signal(object, str)
    delete_wanted = Signal(object)

    def __init__(self, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._open: int | None = None
        self._new = QPushButton("New chat")
        self._new.setToolTip("Start a new chat (Ctrl+N)")
        self._new.setAccessibleName("New chat")
        self._new.clicked.connect(self.new_wanted)
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search chats")
        self._search.setAccessibleName("Search chats")
        self._lens = self._search.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self._lens.setText("Search")
        self._search.textChanged.connect(history.set_search)
        self._list = QListView()
        self._list.setModel(history)
        self._list.setItemDelegate(_RowPainter(self._list))
        self._list.setMouseTracking(True)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.setAccessibleName("Chats")
        self._list.clicked.connect(self._choose)
        self._list.activated.connect(self._choose)
        self._list.customContextMenuRequested.connect(self._show_menu)
        self._empty = QLabel("Your chats will be kept here.")
        self._empty.setProperty("muted", True)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(8, 4, 8, 4)
        self._lay_out()
        for key, act in ((Qt.Key.Key_Delete, self._delete), (Qt.Key.Key_F2, self._rename)):
            shortcut = QShortcut(QKeySequence(key), self._list, context=Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)
        history.modelReset.connect(self._refreshed)
        theme().changed.connect(self._tint)
        self._tint()

    def focus_search(self) -> None:
        self._search.setFocus()
        self._search.selectAll()

    def mark_open(self, conversation: int | None) -> None:
        """Show which conversation is open."""
        self._open = conversation
        row = self._history.row_of(conversation)
        if row >= 0:
            self._list.setCurrentIndex(self._history.index(row))
        else:
            self._list.clearSelection()
            self._list.setCurrentIndex(QModelIndex())

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._new)
        column.addWidget(self._search)
        rule = QFrame()
        rule.setProperty("rule", True)
        column.addWidget(rule)
        column.addWidget(self._empty)
        column.addWidget(self._list, 1)

    def _tint(self) -> None:
        self._new.setIcon(theme().icon("plus"))
        self._lens.setIcon(theme().icon("search", 16, theme().palette.muted))

    def _refreshed(self) -> None:
        empty = self._history.rowCount() == 0
        self._empty.setText("No chat contains that." if self._history.search else "Your chats will be kept here.")
        self._empty.setVisible(empty)
        self.mark_open(self._open)

    def _choose(self, index: QModelIndex) -> None:
        conversation = index.data(Role.CONVERSATION)
        if conversation is not None:
            self.open_wanted.emit(conversation)

    def _show_menu(self, position: QPoint) -> None:
        index = self._list.indexAt(position)
        if index.data(Role.CONVERSATION) is None:
            return
        self._list.setCurrentIndex(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(theme().icon("pencil"), "Rename", self._rename)
        menu.addAction(theme().icon("trash"), "Delete", self._delete)
        menu.popup(self._list.viewport().mapToGlobal(position))

    def _rename(self) -> None:
        conversation = self._list.currentIndex().data(Role.CONVERSATION)
        if conversation is None:
            return
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Rename chat")
        dialog.setLabelText("Title")
        dialog.setTextValue(conversation.title)
        dialog.textValueSelected.connect(
            lambda title: self.rename_wanted.emit(conversation, title.strip()) if title.strip() else None
        )
        dialog.open()

    def _delete(self) -> None:
        conversation = self._list.currentIndex().data(Role.CONVERSATION)
        if conversation is not None:
            self.delete_wanted.emit(conversation)
