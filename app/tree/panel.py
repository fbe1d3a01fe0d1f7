"""The tree panel: the picture of a step, what was accepted over time, and the controls that walk through the reply."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.language import tr
from app.style.theme import theme
from app.tree.card import NodeCard
from app.tree.history import History
from app.tree.layout import Kind, Place
from app.tree.legend import Legend
from app.tree.menu import TreeMenu
from app.tree.picture import save_picture
from app.tree.scene import Drawing, Scene
from app.tree.strip import StepStrip
from app.tree.table import NodeTable
from app.tree.trace_bar import TraceBar
from app.tree.trace_files import TraceFiles
from app.tree.transport import Transport
from app.tree.view import Mode, TreeView
from app.tree.wording import describe, drafted_text, exit_card, fold_card, node_card, step_facts
from core.decoding.report import ReplySummary, StepReport
from core.decoding.trace import TraceHead
from core.errors import PenjingError

SPINE = 12


class TreePanel(QWidget):
    """Shows how a reply was guessed, live and afterwards, an earlier reply, or a trace that was opened.

    Attributes:
        live: The last reply of the chat.
        history: What is shown: that, an earlier reply, or a trace.

    Signals:
        seen: The panel comes into sight.
        text_chosen: A node of a reply of the chat was clicked: the reply, the number of the step in it, and the text
            from there on to the node.
        failed: What went wrong with a file, and what to do.
        saved: A sentence about what was written.
    """

    seen = Signal()
    text_chosen = Signal(object, int, str)
    failed = Signal(str, str)
    saved = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.live = self.history = History()
        self._is_written = False
        self.view = TreeView()
        self.table = NodeTable()
        self.legend = Legend()
        self.strip = StepStrip()
        self.transport = Transport()
        self.card = NodeCard()
        self.trace_bar = TraceBar()
        self.files = TraceFiles(self)
        self.menu = TreeMenu(self)
        self._drawing = Drawing.BY_SIZE
        self._shown: StepReport | None = None
        self._pages = QStackedWidget()
        self._mean = QLabel()
        self._replay = QTimer(self)
        self._replay.timeout.connect(self._advance)
        self._lay_out()
        self._wire()
        self.clear()

    def begin_reply(self, reply: object, head: TraceHead | None = None) -> None:
        """Forget the reply before and wait for the steps of a new one. A trace of a file that is looked at stays."""
        self._set_live(History(head, reply))
        self._is_written = True
        self._show_position()

    def add_step(self, report: StepReport, number: int | None = None) -> None:
        """Take in a step of the reply; it is shown at once unless something else is looked at. As `History.add`."""
        follows = self.live.add(report, number)
        if self.shows_other:
            return
        if self.live.live:
            self._show_step(slide=follows)
        else:
            self._show_position()

    def finish(self, summary: ReplySummary) -> None:
        """The reply is complete: its steps stay to be walked through."""
        self.live.summary = summary
        self.end_reply()

    def end_reply(self) -> None:
        """No more steps come, whether the reply is complete or not."""
        self._is_written = False
        self._show_position()

    def show_last(self, history: History) -> None:
        """Show a reply that is not written any more as the last one of the chat."""
        self._set_live(history)

    def clear(self) -> None:
        """Show no reply; a trace of a file that is looked at stays."""
        self._set_live(History())

    def _set_live(self, history: History) -> None:
        stays = self.shows_other and self.history.reply is None
        self.live, self._is_written = history, False
        if not stays:
            self._turn_to(history)

    # Traces and pictures

    @property
    def shows_other(self) -> bool:
        """Whether a trace or an earlier reply is shown instead of the last reply of the chat."""
        return self.history is not self.live

    def open_trace(self, path: Path) -> None:
        """Show a trace once it is read."""
        self.trace_bar.show_busy(tr("Opening {name} …", name=path.name))
        self.files.open(path, lambda history: self._show_trace(path, history), self.fail)

    def show_earlier(self, history: History, words: str) -> None:
        """Show an earlier reply of the chat, with `words` that say which."""
        self._turn_to(history)
        self.trace_bar.show_reply(words)

    def show_live(self) -> None:
        """Show the last reply of the chat again."""
        self._turn_to(self.live)

    def save_trace(self, path: Path) -> None:
        """Write what is shown as a trace."""
        if self.history.head is not None and len(self.history):
            done = tr("Saved the trace {name}.", name=path.name)
            self.files.save(path, self.history, self.history.head, lambda _: self.saved.emit(done), self.fail)

    def save_picture(self, path: Path) -> None:
        """Write the tree that is shown as PNG or SVG."""
        if self.view.scene is None:
            return
        try:
            save_picture(self.view.scene, path)
        except PenjingError as error:
            self.fail(error)
        else:
            self.saved.emit(tr("Saved the picture {name}.", name=path.name))

    # Time

    def go(self, index: int) -> None:
        """Look at a step of the reply."""
        self._replay.stop()
        self._go(index)

    def toggle(self) -> None:
        """Freeze the step looked at while the reply goes on; follow again; replay a reply that is finished."""
        if self._replay.isActive():
            self._replay.stop()
        elif self._goes_on:
            self.history.live = not self.history.live
            if self.history.live:
                self._go(len(self.history) - 1)
        elif len(self.history):
            if self.history.index == len(self.history) - 1:
                self._go(0)
            self._replay.start(round(1000 / self.menu.speed))
        self._show_position()

    @property
    def running(self) -> bool:
        """Whether the picture moves on by itself."""
        return self._replay.isActive() or (self._goes_on and self.history.live)

    @property
    def _goes_on(self) -> bool:
        """Whether what is shown is a reply that is still being written."""
        return self._is_written and not self.shows_other

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Home:
            self.go(0)
        elif event.key() == Qt.Key.Key_End:
            self.go(len(self.history) - 1)
        elif event.key() == Qt.Key.Key_Space:
            self.toggle()
        else:
            super().keyPressEvent(event)

    def _advance(self) -> None:
        self._go(self.history.index + 1)
        if self.history.index == len(self.history) - 1:
            self._replay.stop()
            self._show_position()

    def _go(self, index: int) -> None:
        before = self.history.index
        self.history.go(index)
        if self.history.index != before:
            self._show_step(slide=self.history.index == before + 1)
        self._show_position()

    # Showing

    def _turn_to(self, history: History) -> None:
        self._replay.stop()
        self.history = history
        self.trace_bar.hide()
        self._show_step()

    def _show_trace(self, path: Path, history: History) -> None:
        self._turn_to(history)
        self.trace_bar.show_trace(path.name, history)

    def fail(self, error: PenjingError) -> None:
        """Say that a file could not be read or written, and go on showing what was shown."""
        self.trace_bar.setVisible(self.shows_other)
        self.failed.emit(error.what, error.remedy)

    def _show_step(self, slide: bool = False) -> None:
        report = self.history.current
        scene = Scene(report, tuple(self.history.spine(SPINE)), self._drawing) if report else None
        self.view.show_scene(scene, slide)
        self.table.show_scene(scene)
        self.legend.show_scene(scene)
        self._show_place(None)
        self._show_position()

    def _show_position(self) -> None:
        count, index = len(self.history), self.history.index
        self.strip.show_steps(self.history.bars, index)
        self._mean.setText(
            tr("mean {accepted_mean:.1f} + 1", accepted_mean=self.history.accepted_mean) if count else ""
        )
        self.transport.show_position(index, count)
        self.transport.show_running(
            self.running,
            tr("Hold this step") if self.running else tr("Follow the reply") if self._goes_on else tr("Replay"),
        )

    def _show_place(self, place: Place | None) -> None:
        scene = self.view.scene
        if scene is None:
            self.card.show_sentence(tr("Point at a node to see how likely the draft thought it, and the target."))
        elif place is None:
            self.card.show_sentence(describe(scene.report), step_facts(scene.report))
        elif place.kind is Kind.EXIT:
            self.card.show_card(exit_card(scene.tree, place.column))
        elif place.kind is Kind.FOLD:
            self.card.show_card(fold_card(scene.tree, place.hidden, place.column))
        else:
            self.card.show_card(node_card(scene.tree, place.node, place.column))

    def _open_place(self, place: Place | None) -> None:
        """Ask for the text up to a node to be shown in the chat; a trace has no place there."""
        scene = self.view.scene
        if place is None or scene is None or self.history.reply is None:
            return
        text = drafted_text(scene.tree, place.node) + (scene.tree.exit_text if place.kind is Kind.EXIT else "")
        self.text_chosen.emit(self.history.reply, self.history.numbers[self.history.index], text)

    def _draw_as(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._show_step()

    def _set_speed(self, speed: float) -> None:
        if self._replay.isActive():
            self._replay.start(round(1000 / speed))

    def _show_table(self, wanted: bool) -> None:
        self._pages.setCurrentWidget(self.table if wanted else self.view)

    def _toggle_fit(self) -> None:
        self.view.set_mode(Mode.FIT if self.view.mode is not Mode.FIT else Mode.FOLLOW)

    def _wire(self) -> None:
        self.transport.step_chosen.connect(self.go)
        self.transport.pause.clicked.connect(self.toggle)
        self.transport.fit.clicked.connect(self._toggle_fit)
        self.transport.table.toggled.connect(self._show_table)
        self.transport.more.clicked.connect(lambda: self.menu.open_below(self.transport.more))
        self.menu.drawing_chosen.connect(self._draw_as)
        self.menu.speed_chosen.connect(self._set_speed)
        self.trace_bar.closed.connect(self.show_live)
        self.view.mode_changed.connect(lambda mode: self.transport.fit.setChecked(mode is Mode.FIT))
        self.view.step_wanted.connect(lambda by: self.go(self.history.index + by))
        self.strip.step_chosen.connect(self.go)
        for picture in (self.view, self.table):
            picture.pointed.connect(self._show_place)
            picture.opened.connect(self._open_place)

    def _lay_out(self) -> None:
        heading = QHBoxLayout()
        title = QLabel(tr("Accepted per step"))
        heading.addWidget(title)
        heading.addStretch()
        heading.addWidget(self._mean)
        self._mean.setToolTip(tr("Mean of accepted tokens per step, and the one that the model itself adds to each."))
        for words in (title, self._mean):
            words.setFont(theme().font(11))
            words.setProperty("muted", True)
        self._pages.addWidget(self.view)
        self._pages.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.trace_bar)
        column.addWidget(self._pages, 1)
        column.addWidget(self.legend)
        column.addLayout(heading)
        column.addWidget(self.strip)
        column.addWidget(self.transport)
        column.addWidget(self.card)
