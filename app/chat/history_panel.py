"""The left dock: new chat, search, conversations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.chat.history import History, Role
from app.chat.history_rows import RowPainter
from app.language import tr
from app.style.buttons import IconButton
from app.style.theme import theme
from core.chat.conversation import Conversation, Folder
from core.chat.excerpt import words_of

MOST_DELETED = 20
"""Deleted chats that are offered to be restored."""


class HistoryPanel(QWidget):
    """Signals, with a Conversation or a Folder where one is meant:

    new_wanted, import_wanted, export_all_wanted;
    open_wanted; found_wanted with the id of the turn that was found and the words that were looked for;
    duplicate_wanted, export_wanted, delete_wanted, restore_wanted; rename_wanted with the new title; pin_wanted with
    whether; move_wanted with the folder, None for out of any; new_folder_wanted with its name and the conversation that
    is to be in it, or None;
    folder_renamed with the new name; folder_deleted.
    """

    new_wanted = Signal()
    import_wanted = Signal()
    export_all_wanted = Signal()
    open_wanted = Signal(object)
    found_wanted = Signal(object, int, list)
    duplicate_wanted = Signal(object)
    export_wanted = Signal(object)
    delete_wanted = Signal(object)
    restore_wanted = Signal(object)
    rename_wanted = Signal(object, str)
    pin_wanted = Signal(object, bool)
    move_wanted = Signal(object, object)
    new_folder_wanted = Signal(str, object)
    folder_renamed = Signal(object, str)
    folder_deleted = Signal(object)

    def __init__(self, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._open: int | None = None
        self._new = QPushButton(tr("New chat"))
        self._new.setToolTip(tr("Start a new chat (Ctrl+N)"))
        self._new.setAccessibleName(tr("New chat"))
        self._new.clicked.connect(self.new_wanted)
        self._more = IconButton("more", tr("Folders, import and export"))
        self._more.clicked.connect(self._show_general_menu)
        self.search_field = QLineEdit()
        self.search_field.setPlaceholderText(tr("Search chats"))
        self.search_field.setAccessibleName(tr("Search chats"))
        self._lens = self.search_field.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self._lens.setText(tr("Search"))
        self.search_field.textChanged.connect(history.set_search)
        self._list = QListView()
        self._list.setModel(history)
        self._list.setItemDelegate(RowPainter(self._list))
        self._list.setMouseTracking(True)
        self._list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._list.setDragDropMode(QListView.DragDropMode.InternalMove)
        history.dropped.connect(self.move_wanted)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.setAccessibleName(tr("Chats"))
        self._list.clicked.connect(self._choose)
        self._list.activated.connect(self._choose)
        self._list.customContextMenuRequested.connect(self._show_menu)
        self._empty = QLabel(tr("Your chats will be kept here."))
        self._empty.setProperty("muted", True)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(8, 4, 8, 4)
        self._lay_out()
        # No single key takes anything away.
        for keys, act in (
            ("Ctrl+Del", self._delete),
            ("F2", self._rename),
            ("Menu", self._show_current_menu),
            ("Ctrl+Shift+M", self._show_places),
        ):
            shortcut = QShortcut(QKeySequence(keys), self._list, context=Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)
        history.modelReset.connect(self._refreshed)
        theme().changed.connect(self._tint)
        self._tint()

    def focus_search(self) -> None:
        self.search_field.setFocus()
        self.search_field.selectAll()

    def mark_open(self, conversation: int | None) -> None:
        """Show which conversation is open."""
        self._open = conversation
        row = self._history.row_of(conversation)
        if row >= 0:
            self._list.setCurrentIndex(self._history.index(row))
        else:
            self._list.clearSelection()
            self._list.setCurrentIndex(QModelIndex())

    def menu_of(self, index: QModelIndex) -> QMenu | None:
        """What can be done with a row; None for a heading."""
        conversation, folder = index.data(Role.CONVERSATION), index.data(Role.FOLDER)
        if conversation is None and folder is None:
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if conversation is not None:
            self._fill_menu(menu, conversation)
        else:
            menu.addAction(theme().icon("pencil"), tr("Rename folder …"), self._rename)
            menu.addAction(theme().icon("trash"), tr("Delete folder"), lambda: self.folder_deleted.emit(folder))
        return menu

    def _fill_menu(self, menu: QMenu, chat: Conversation) -> None:
        pin = tr("Unpin") if chat.pinned else tr("Pin")
        menu.addAction(theme().icon("pencil"), tr("Rename …\tF2"), self._rename)
        menu.addAction(theme().icon("pin"), pin, lambda: self.pin_wanted.emit(chat, not chat.pinned))
        places = self._places(chat, menu)
        places.setTitle(tr("Move to folder\tCtrl+Shift+M"))
        places.setIcon(theme().icon("folder"))
        menu.addMenu(places)
        menu.addAction(theme().icon("copy"), tr("Duplicate"), lambda: self.duplicate_wanted.emit(chat))
        menu.addAction(tr("Export …"), lambda: self.export_wanted.emit(chat))
        menu.addSeparator()
        menu.addAction(theme().icon("trash"), tr("Delete\tCtrl+Del"), self._delete)

    def _places(self, chat: Conversation, parent: QWidget) -> QMenu:
        """The folders that a chat can be moved to, a new one among them."""
        places = QMenu(parent)
        for folder in self._history.folders:
            action = places.addAction(folder.name, partial(self.move_wanted.emit, chat, folder))
            action.setEnabled(folder.id != chat.folder)
        if self._history.folders:
            places.addSeparator()
        if chat.folder is not None:
            places.addAction(tr("Out of the folder"), lambda: self.move_wanted.emit(chat, None))
        places.addAction(tr("New folder …"), lambda: self._ask_folder(chat))
        return places

    def _show_places(self) -> None:
        """The folders that the chosen chat can be moved to, right away."""
        index = self._list.currentIndex()
        chat = index.data(Role.CONVERSATION)
        if chat is not None:
            places = self._places(chat, self)
            places.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            places.popup(self._list.viewport().mapToGlobal(self._list.visualRect(index).center()))
            places.setActiveAction(next(action for action in places.actions() if action.isEnabled()))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._new, 1)
        top.addWidget(self._more)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.search_field)
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
        self._empty.setText(
            tr("No chat contains that.") if self._history.search else tr("Your chats will be kept here.")
        )
        self._empty.setVisible(empty)
        self.mark_open(self._open)

    def _choose(self, index: QModelIndex) -> None:
        conversation, folder = index.data(Role.CONVERSATION), index.data(Role.FOLDER)
        excerpt = index.data(Role.EXCERPT)
        if conversation is not None and excerpt is not None:
            self.found_wanted.emit(conversation, excerpt.message, words_of(self._history.search))
        elif conversation is not None:
            self.open_wanted.emit(conversation)
        elif folder is not None:
            self._history.toggle(folder)

    def _show_menu(self, position: QPoint) -> None:
        index = self._list.indexAt(position)
        menu = self.menu_of(index)
        if menu is not None:
            self._list.setCurrentIndex(index)
            menu.popup(self._list.viewport().mapToGlobal(position))

    def _show_current_menu(self) -> None:
        self._show_menu(self._list.visualRect(self._list.currentIndex()).center())

    def _show_general_menu(self) -> None:
        self.general_menu().popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def general_menu(self) -> QMenu:
        """What can be done with no chat in particular, or with all."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(theme().icon("folder"), tr("New folder …"), lambda: self._ask_folder(None))
        menu.addSeparator()
        deleted = menu.addMenu(theme().icon("trash"), tr("Deleted chats"))
        deleted.setEnabled(bool(self._history.deleted))
        for chat in self._history.deleted[:MOST_DELETED]:
            deleted.addAction(chat.title, partial(self.restore_wanted.emit, chat))
        menu.addSeparator()
        menu.addAction(tr("Import chats …"), self.import_wanted.emit)
        export = menu.addAction(tr("Export all chats …"), self.export_all_wanted.emit)
        export.setEnabled(self._history.rowCount() > 0)
        return menu

    def _rename(self) -> None:
        index = self._list.currentIndex()
        conversation: Conversation | None = index.data(Role.CONVERSATION)
        folder: Folder | None = index.data(Role.FOLDER)
        if conversation is not None:
            self._ask(tr("Rename chat"), conversation.title, lambda title: self.rename_wanted.emit(conversation, title))
        elif folder is not None:
            self._ask(tr("Rename folder"), folder.name, lambda name: self.folder_renamed.emit(folder, name))

    def _ask_folder(self, conversation: Conversation | None) -> None:
        self._ask(tr("New folder"), "", lambda name: self.new_folder_wanted.emit(name, conversation))

    def _ask(self, question: str, text: str, done: Callable[[str], None]) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(question)
        dialog.setLabelText(tr("Name"))
        dialog.setTextValue(text)
        dialog.textValueSelected.connect(lambda name: done(name.strip()) if name.strip() else None)
        dialog.open()

    def _delete(self) -> None:
        conversation = self._list.currentIndex().data(Role.CONVERSATION)
        if conversation is not None:
            self.delete_wanted.emit(conversation)
