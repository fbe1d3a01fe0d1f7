"""The open chat's messages in one column, as wide as a person likes to read."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.chat.message_view import MessageView
from app.chat.rich_text import TEXT_PX
from app.chat.session import Session
from app.chat.turn import NextStep, Turn
from app.style.buttons import quiet_button
from app.style.theme import theme

COLUMNS = 76
AT_ONCE = 20
"""Messages that are built when a chat is opened; the earlier ones wait for a click, to keep opening quick."""

MESSAGE_GAP = 24
AT_BOTTOM_PX = 24
"""The view follows a growing reply while it is this close to its end."""


def reading_width() -> int:
    """Pixels of the widest line of text."""
    return round(QFontMetricsF(theme().font(TEXT_PX)).averageCharWidth() * COLUMNS)


class Transcript(QScrollArea):
    """Signals: regenerate_wanted, next_wanted: of the last reply."""

    regenerate_wanted = Signal()
    next_wanted = Signal(NextStep)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._views: list[MessageView] = []
        self._follows = True
        self._page = QWidget()
        self._page.setObjectName("page")
        self._column = QVBoxLayout()
        self._column.setSpacing(MESSAGE_GAP)
        self._column.setContentsMargins(24, 24, 24, 24)
        self._earlier = quiet_button("Show earlier messages")
        self._earlier.clicked.connect(self._show_earlier)
        self._column.addWidget(self._earlier, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addStretch(1)
        self._holder = QWidget()
        self._holder.setLayout(self._column)
        centred = QHBoxLayout(self._page)
        centred.setContentsMargins(0, 0, 0, 0)
        centred.addStretch(1)
        centred.addWidget(self._holder, 1000)
        centred.addStretch(1)
        self.setWidget(self._page)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Conversation")
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._follow)
        bar.valueChanged.connect(self._notice_scroll)
        session.opened.connect(self._open)
        session.turn_added.connect(self._add)
        session.turn_changed.connect(self._refresh)
        session.text_added.connect(self._add_text)
        theme().changed.connect(self._set_width)
        self._set_width()
        self._open()

    @property
    def views(self) -> list[MessageView]:
        """The messages on screen, in order."""
        return self._views

    def _set_width(self) -> None:
        self._holder.setMaximumWidth(reading_width() + 48)

    def _open(self) -> None:
        for view in self._views:
            self._column.removeWidget(view)
            view.hide()
            view.deleteLater()
        self._views = []
        self._follows = True
        for turn in self._session.chat.turns[-AT_ONCE:]:
            self._append(turn)
        self._mark_last()
        self._offer_earlier()

    def _show_earlier(self) -> None:
        turns = self._session.chat.turns
        hidden = len(turns) - len(self._views)
        self._follows = False
        distance = self.verticalScrollBar().maximum() - self.verticalScrollBar().value()
        for offset, turn in enumerate(turns[max(0, hidden - AT_ONCE) : hidden]):
            view = self._make(turn)
            self._views.insert(offset, view)
            self._column.insertWidget(1 + offset, view)
        self._offer_earlier()
        self._page.adjustSize()
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum() - distance)

    def _offer_earlier(self) -> None:
        self._earlier.setVisible(len(self._session.chat.turns) > len(self._views))

    def _add(self, turn: Turn) -> None:
        self._follows = True
        self._append(turn)
        self._mark_last()

    def _append(self, turn: Turn) -> None:
        view = self._make(turn)
        self._views.append(view)
        self._column.insertWidget(self._column.count() - 1, view)

    def _make(self, turn: Turn) -> MessageView:
        view = MessageView(turn)
        view.regenerate_wanted.connect(self.regenerate_wanted)
        view.next_wanted.connect(self.next_wanted)
        return view

    def _mark_last(self) -> None:
        for view in self._views:
            view.set_last(view is self._views[-1])

    def _refresh(self, turn: Turn) -> None:
        for view in self._views:
            if view.turn is turn:
                view.refresh()

    def _add_text(self, text: str) -> None:
        if self._views:
            self._views[-1].add_text(text)

    def _follow(self, _: int, maximum: int) -> None:
        if self._follows:
            self.verticalScrollBar().setValue(maximum)

    def _notice_scroll(self, value: int) -> None:
        self._follows = self.verticalScrollBar().maximum() - value <= AT_BOTTOM_PX
