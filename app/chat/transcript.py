"""The open chat's messages in one column, as wide as a person likes to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.chat.message_view import MessageView
from app.chat.session import Session
from app.chat.text_formats import TEXT_PX
from app.chat.turn import NextStep, Turn
from app.language import tr
from app.style.buttons import quiet_button
from app.style.theme import theme

COLUMNS = 76
AT_ONCE = 20
"""Messages that are built when a chat is opened, and whenever its beginning is scrolled to, to keep opening quick."""

MESSAGE_GAP = 24
AT_BOTTOM_PX = 24
"""The view follows a growing reply while it is this close to its end."""

NEAR_END_PX = 400
"""Earlier and later messages are built before the person gets to them."""


def reading_width() -> int:
    """Pixels of the widest line of text."""
    return round(QFontMetricsF(theme().font(TEXT_PX)).averageCharWidth() * COLUMNS)


class Transcript(QScrollArea):
    """Signals: next_wanted, of the last reply; step_wanted, with a turn and the step of it that was clicked;
    tree_wanted, with a turn."""

    next_wanted = Signal(NextStep)
    step_wanted = Signal(Turn, int)
    tree_wanted = Signal(Turn)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._views: list[MessageView] = []
        self._follows = True
        self._at_end = True
        self._from_end: int | None = None
        self._aim: Callable[[], int] | None = None
        self._placing = False
        self._page = QWidget()
        self._page.setObjectName("page")
        self._column = QVBoxLayout()
        self._column.setSpacing(MESSAGE_GAP)
        self._column.setContentsMargins(24, 24, 24, 24)
        self._earlier = quiet_button(tr("Show earlier messages"))
        self._earlier.clicked.connect(self._show_earlier)
        self._column.addWidget(self._earlier, 0, Qt.AlignmentFlag.AlignHCenter)
        self._later = quiet_button(tr("Show later messages"))
        self._later.clicked.connect(self._show_later)
        self._column.addWidget(self._later, 0, Qt.AlignmentFlag.AlignHCenter)
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
        self.setAccessibleName(tr("Conversation"))
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._follow)
        bar.valueChanged.connect(self._notice_scroll)
        session.opened.connect(self._open)
        session.path_changed.connect(self._change_path)
        session.turn_changed.connect(self._refresh)
        session.text_added.connect(self._add_text)
        session.busy_changed.connect(lambda _: self._mark())
        theme().changed.connect(self._set_width)
        self._set_width()
        self._open()

    @property
    def views(self) -> list[MessageView]:
        """The messages on screen, in order."""
        return self._views

    def show_step(self, turn: Turn, step: int) -> None:
        """Show the text that a step of a reply added, with how the reply was written."""
        view = self._view_of(turn)
        view.show_step(step)
        self._bring_up(view, lambda: view.body.area_of_step(step))

    def show_words(self, turn: Turn, words: Sequence[str]) -> None:
        """Show a turn, from the first of some words in it on, with all of these pointed out."""
        view = self._view_of(turn)
        for other in self._views:
            other.body.mark_words(words if other is view else ())
        self._bring_up(view, lambda: view.body.mark_words(words))

    def unmark(self) -> None:
        """Nothing is looked for any more."""
        for view in self._views:
            view.body.mark_words(())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        match event.key():
            case Qt.Key.Key_Home:
                while self._earlier.isVisibleTo(self):
                    self._show_earlier()
                bar.setValue(0)
            case Qt.Key.Key_End:
                if not self._at_end:
                    self._open()
                bar.setValue(bar.maximum())
            case _:
                super().keyPressEvent(event)

    def _set_width(self) -> None:
        self._holder.setMaximumWidth(reading_width() + 48)

    def _open(self) -> None:
        self._drop_views(0)
        self._follows = True
        self._aim = None
        for turn in self._session.chat.turns[-AT_ONCE:]:
            self._append(turn)
        self._at_end = True
        self._mark()

    def _view_of(self, turn: Turn) -> MessageView:
        """The view of a turn that is on the way through the chat; made, with some around it, if it is far away."""
        found = next((view for view in self._views if view.turn is turn), None)
        if found is not None:
            return found
        turns = self._session.chat.turns
        place = turns.index(turn)
        first = max(0, min(place - AT_ONCE // 2, len(turns) - AT_ONCE))
        self._drop_views(0)
        for each in turns[first : first + AT_ONCE]:
            self._append(each)
        self._at_end = first + AT_ONCE >= len(turns)
        self._mark()
        return self._views[place - first]

    def _bring_up(self, view: MessageView, area: Callable[[], QRect]) -> None:
        """Scroll to a place in a view, and stay there until all is laid out or the person scrolls."""

        def middle() -> int:
            place = area()
            return view.body.mapTo(self._page, place.center()).y() - self.viewport().height() // 3

        self._follows, self._from_end, self._aim = False, None, middle
        # What is above may not be laid out yet.
        QTimer.singleShot(0, self, self._take_aim)
        self._take_aim()

    def _take_aim(self) -> None:
        if self._aim is not None:
            self._placing = True
            self.verticalScrollBar().setValue(self._aim())
            self._placing = False

    def _change_path(self) -> None:
        """Keep the views of turns that are still on screen, up to the first that is not; make the others."""
        turns = self._session.chat.turns
        first = self._views[0].turn if self._views else None
        wanted = turns[turns.index(first) :] if first in turns else turns[-AT_ONCE:]
        if not self._at_end:
            # Far from the end: a new question leads there, another alternative does not.
            wanted = turns[-AT_ONCE:] if self._session.busy else wanted[: len(self._views)]
        kept = 0
        while kept < min(len(wanted), len(self._views)) and self._views[kept].turn is wanted[kept]:
            kept += 1
        grows = kept == len(self._views)
        self._drop_views(kept)
        for turn in wanted[kept:]:
            self._append(turn)
        self._at_end = not wanted or wanted[-1] is turns[-1]
        if grows or self._session.busy:
            self._follows, self._aim = True, None
        self._mark()

    def _drop_views(self, kept: int) -> None:
        for view in self._views[kept:]:
            self._column.removeWidget(view)
            view.hide()
            view.deleteLater()
        del self._views[kept:]

    def _show_earlier(self) -> None:
        turns = self._session.chat.turns
        hidden = turns.index(self._views[0].turn)
        self._follows, self._aim = False, None
        # What is on screen stays where it is while more is laid out above it.
        self._from_end = self.verticalScrollBar().maximum() - self.verticalScrollBar().value()
        for offset, turn in enumerate(turns[max(0, hidden - AT_ONCE) : hidden]):
            view = self._make(turn)
            self._views.insert(offset, view)
            self._column.insertWidget(1 + offset, view)
        self._mark()

    def _show_later(self) -> None:
        turns = self._session.chat.turns
        place = turns.index(self._views[-1].turn) + 1
        self._aim = None
        for turn in turns[place : place + AT_ONCE]:
            self._append(turn)
        self._at_end = place + AT_ONCE >= len(turns)
        self._mark()

    def _append(self, turn: Turn) -> None:
        view = self._make(turn)
        self._views.append(view)
        self._column.insertWidget(self._column.indexOf(self._later), view)

    def _make(self, turn: Turn) -> MessageView:
        session = self._session
        view = MessageView(turn, session.read_writing)
        view.regenerate_wanted.connect(partial(session.regenerate, turn))
        view.continue_wanted.connect(partial(session.proceed, turn))
        view.edited.connect(partial(session.edit, turn))
        view.alternative_wanted.connect(session.show)
        view.reopen_wanted.connect(partial(session.reopen, turn))
        view.next_wanted.connect(self.next_wanted)
        view.step_wanted.connect(partial(self.step_wanted.emit, turn))
        view.tree_wanted.connect(partial(self.tree_wanted.emit, turn))
        return view

    def _mark(self) -> None:
        """Tell each view whether it is the last, and whether another reply may be begun."""
        turns = self._session.chat.turns
        for view in self._views:
            view.set_place(last=view.turn is turns[-1], free=not self._session.busy)
        self._earlier.setVisible(bool(self._views) and self._views[0].turn is not turns[0])
        self._later.setVisible(not self._at_end)

    def _refresh(self, turn: Turn) -> None:
        for view in self._views:
            if view.turn is turn:
                view.refresh()

    def _add_text(self, turn: Turn, text: str) -> None:
        for view in reversed(self._views):
            if view.turn is turn:
                view.add_text(text)
                return

    def _follow(self, _: int, maximum: int) -> None:
        self._placing = True
        if self._aim is not None:
            self.verticalScrollBar().setValue(self._aim())
        elif self._follows:
            self.verticalScrollBar().setValue(maximum)
        elif self._from_end is not None:
            self.verticalScrollBar().setValue(maximum - self._from_end)
        self._placing = False

    def _notice_scroll(self, value: int) -> None:
        bar = self.verticalScrollBar()
        self._follows = bar.maximum() - value <= AT_BOTTOM_PX and self._at_end and self._aim is None
        if self._placing:
            return
        self._from_end = self._aim = None
        # Not within the scrolling itself, which would move what is being laid out.
        if value < NEAR_END_PX and not self._follows and self._earlier.isVisibleTo(self):
            QTimer.singleShot(0, self, self._show_earlier)
        elif not self._at_end and bar.maximum() - value < NEAR_END_PX:
            QTimer.singleShot(0, self, self._show_later)
