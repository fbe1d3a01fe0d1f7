"""The tree panel: the picture of a step, what was accepted over time, and the controls that walk through the reply."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.drafters import surest
from app.style.buttons import IconButton
from app.style.theme import theme
from app.tree.card import NodeCard
from app.tree.history import History
from app.tree.layout import Kind, Place
from app.tree.legend import Legend
from app.tree.scene import Scene
from app.tree.strip import AcceptedStrip
from app.tree.view import Mode, TreeView
from app.tree.wording import describe, exit_card, fold_card, node_card, step_facts
from core.decoding.report import ReplySummary, StepReport

SPINE = 12
REPLAY_MS = 400
"""Milliseconds that a replay shows each step."""


class TreePanel(QWidget):
    """Shows how a reply was guessed, live and afterwards."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = History()
        self.reply = ""
        self.view = TreeView()
        self.legend = Legend()
        self.strip = AcceptedStrip()
        self.card = NodeCard()
        self._accepted: list[int] = []
        self._heading = QLabel("Accepted per step")
        self._mean = QLabel()
        self._position = QLabel()
        self.previous = IconButton("step-back", "Step before (Page Up)")
        self.pause = IconButton("pause", "")
        self.next = IconButton("step-forward", "Next step (Page Down)")
        self.fit = IconButton("fit", "Whole tree (double click)")
        self.fit.setCheckable(True)
        self._replay = QTimer(self)
        self._replay.setInterval(REPLAY_MS)
        self._replay.timeout.connect(self._advance)
        self._lay_out()
        self.previous.clicked.connect(lambda: self.go(self.history.index - 1))
        self.pause.clicked.connect(self.toggle)
        self.next.clicked.connect(lambda: self.go(self.history.index + 1))
        self.fit.clicked.connect(self._toggle_fit)
        self.view.pointed.connect(self._show_place)
        self.view.mode_changed.connect(lambda mode: self.fit.setChecked(mode is Mode.FIT))
        self.view.step_wanted.connect(lambda by: self.go(self.history.index + by))
        self.strip.step_chosen.connect(self.go)
        self._set_type()
        self.clear()

    def begin_reply(self, reply: str) -> None:
        """Forget the reply before and wait for the steps of a new one."""
        self.clear()
        self.reply = reply

    def add_step(self, report: StepReport) -> None:
        """Take in a step; it is shown at once unless an earlier one is looked at."""
        follows = self.history.add(report)
        self._accepted.append(len(report.committed) - 1)
        if self.history.live:
            self._show_step(slide=follows)
        else:
            self._show_position()

    def finish(self, summary: ReplySummary) -> None:
        """The reply is complete: its steps stay to be walked through."""
        self.history.summary = summary
        self._show_position()

    def clear(self) -> None:
        """Show no reply."""
        self._replay.stop()
        self.history = History()
        self._accepted = []
        self.reply = ""
        self._show_step()

    def go(self, index: int) -> None:
        """Look at a step of the reply."""
        self._replay.stop()
        self._go(index)

    def toggle(self) -> None:
        """Freeze the step looked at while the reply goes on; follow again; replay a reply that is finished."""
        if self._replay.isActive():
            self._replay.stop()
        elif self.history.summary is None:
            self.history.live = not self.history.live
            if self.history.live:
                self._go(len(self.history.steps) - 1)
        elif self.history.steps:
            if self.history.index == len(self.history.steps) - 1:
                self._go(0)
            self._replay.start()
        self._show_position()

    @property
    def running(self) -> bool:
        """Whether the picture moves on by itself."""
        return self._replay.isActive() or (self.history.summary is None and self.history.live)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Home:
            self.go(0)
        elif event.key() == Qt.Key.Key_End:
            self.go(len(self.history.steps) - 1)
        elif event.key() == Qt.Key.Key_Space:
            self.toggle()
        else:
            super().keyPressEvent(event)

    def _advance(self) -> None:
        self._go(self.history.index + 1)
        if self.history.index == len(self.history.steps) - 1:
            self._replay.stop()
            self._show_position()

    def _go(self, index: int) -> None:
        before = self.history.index
        self.history.go(index)
        if self.history.index != before:
            self._show_step(slide=self.history.index == before + 1)
        self._show_position()

    def _toggle_fit(self) -> None:
        self.view.set_mode(Mode.FIT if self.view.mode is not Mode.FIT else Mode.FOLLOW)

    def _show_step(self, slide: bool = False) -> None:
        report = self.history.current
        self.view.show_scene(Scene(report, tuple(self.history.spine(SPINE))) if report else None, slide)
        self.legend.show_sources(tuple(sorted({surest(name) for name in report.tree.sources} - {""})) if report else ())
        self._show_place(None)
        self._show_position()

    def _show_position(self) -> None:
        """The scrubber: where we are, what can be pressed."""
        count, index = len(self.history.steps), self.history.index
        self.strip.show_steps(self._accepted, index)
        self._mean.setText(f"mean {self.history.accepted_mean:.1f} + 1" if count else "")
        self._position.setText(f"step {index + 1} of {count}" if count else "no step yet")
        self.previous.setEnabled(index > 0)
        self.next.setEnabled(index < count - 1)
        self.pause.setEnabled(count > 0)
        self.pause.show_icon("pause" if self.running else "play")
        words = "Hold this step" if self.running else "Replay" if self.history.summary else "Follow the reply"
        self.pause.say(f"{words} (Space)")

    def _show_place(self, place: Place | None) -> None:
        scene = self.view.scene
        if scene is None:
            self.card.show_sentence("Point at a node to see how likely the draft thought it.")
        elif place is None:
            self.card.show_sentence(describe(scene.report), step_facts(scene.report))
        elif place.kind is Kind.EXIT:
            self.card.show_card(exit_card(scene.tree, place.column))
        elif place.kind is Kind.FOLD:
            self.card.show_card(fold_card(scene.tree, place.hidden, place.column))
        else:
            self.card.show_card(node_card(scene.tree, place.node, place.column))

    def _lay_out(self) -> None:
        heading = QHBoxLayout()
        heading.addWidget(self._heading)
        heading.addStretch()
        heading.addWidget(self._mean)
        self._mean.setToolTip("Mean of accepted tokens per step, and the one that the model itself adds to each.")
        scrubber = QHBoxLayout()
        scrubber.setSpacing(4)
        scrubber.addWidget(self._position)
        scrubber.addStretch()
        for button in (self.previous, self.pause, self.next):
            scrubber.addWidget(button)
        scrubber.addSpacing(8)
        scrubber.addWidget(self.fit)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.view, 1)
        column.addWidget(self.legend)
        column.addLayout(heading)
        column.addWidget(self.strip)
        column.addLayout(scrubber)
        column.addWidget(self.card)

    def _set_type(self) -> None:
        for words in (self._heading, self._mean, self._position):
            words.setFont(theme().font(11))
            words.setProperty("muted", True)
