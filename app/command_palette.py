"""The command palette: type a few letters of what should be done, and Enter does it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.language import tr
from app.style.theme import theme

WIDTH, ROW, MOST, TOP = 480, 32, 12, 64
_KEYS = Qt.ItemDataRole.UserRole
_ACTION = Qt.ItemDataRole.UserRole + 1
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


def rank(words: str, name: str) -> int | None:
    """How well what was typed fits a command's name, smaller being better; None if it does not.

    Every word must stand in the name: at its start, at the start of a word, or somewhere, in this order of worth.
    """
    text, worst = name.casefold(), 0
    for word in words.casefold().split():
        place = text.find(word)
        if place < 0:
            return None
        starts = place == 0 or any(part.startswith(word) for part in text.split())
        worst = max(worst, 0 if place == 0 else 1 if starts else 2)
    return worst


class CommandPalette(QFrame):
    """Lies over the window until something is chosen, or it loses the focus.

    Args:
        commands: What can be done; asked for anew each time the palette opens.
    """

    def __init__(self, window: QWidget, commands: Iterable[QAction]) -> None:
        super().__init__(window)
        self._window = window
        self._before: QWidget | None = None
        self._commands = commands
        self.setProperty("card", True)
        self.setAccessibleName(tr("Commands"))
        self.field = QLineEdit(placeholderText=tr("What should be done?"))
        self.field.setAccessibleName(tr("Search commands"))
        self.field.textChanged.connect(self._show_fitting)
        self.field.returnPressed.connect(self._do)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Commands"))
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.itemEntered.connect(self.list.setCurrentItem)
        self.list.itemClicked.connect(lambda _: self._do())
        self._nothing = QLabel(tr("Nothing is called that."))
        self._nothing.setProperty("muted", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for widget in (self.field, self.list, self._nothing):
            column.addWidget(widget)
        self.hide()

    def open(self) -> None:
        """Show every command that can be carried out now."""
        self.field.clear()
        self._show_fitting("")
        room = self._window.rect()
        width = min(WIDTH, room.width() - 32)
        self.setFixedWidth(width)
        self.move((room.width() - width) // 2, TOP)
        self._before = self._window.focusWidget()
        self.show()
        self.raise_()
        self.field.setFocus()

    def close_palette(self) -> None:
        """Go away, and give the focus back to where it was."""
        if self.isVisible():
            self.hide()
            if self._before is not None:
                self._before.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.FocusOut:
            self.hide()
        if isinstance(event, QKeyEvent):
            escape = event.key() == Qt.Key.Key_Escape
            if escape and event.type() is QEvent.Type.ShortcutOverride:
                event.accept()  # else the window's own use of the key would come first
                return True
            if escape and event.type() is QEvent.Type.KeyPress:
                self.close_palette()
                return True
            if event.type() is QEvent.Type.KeyPress and event.key() in _MOVES:
                # The text keeps the focus, and the arrows walk through the list below it.
                self.list.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def _show_fitting(self, words: str) -> None:
        found = [(rank(words, action.text()), action) for action in self._commands if action.isEnabled()]
        fitting = sorted(((worth, action) for worth, action in found if worth is not None), key=lambda pair: pair[0])
        self.list.clear()
        for _, action in fitting:
            item = QListWidgetItem(action.text())
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item.setData(_KEYS, keys)
            item.setData(_ACTION, action)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{action.text()} {keys}".strip())
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setFixedHeight(ROW * min(MOST, len(fitting)))
        self.list.setVisible(bool(fitting))
        self._nothing.setVisible(not fitting)
        self.adjustSize()

    def _do(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        action: QAction = item.data(_ACTION)
        self.close_palette()
        action.trigger()


class _Painter(QStyledItemDelegate):
    """A command's name at the left, its keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        palette = theme().palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.selected)
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        keys, font = index.data(_KEYS), theme().font(11)
        inner = area.adjusted(12, 0, -12, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(palette.muted)
        painter.setFont(font)
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignRight, keys)
        inner.adjust(0, 0, -QFontMetrics(font).horizontalAdvance(keys) - 12, 0)
        painter.setPen(palette.ink)
        painter.setFont(theme().font(13))
        name = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, middle, name)
        painter.restore()
