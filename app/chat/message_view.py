"""One turn on screen: who, what, and the line under it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.chat.attachment_chips import AttachmentChips
from app.chat.facts import footer, speculation_tip
from app.chat.message_body import MessageBody
from app.chat.turn import NextStep, State, Turn
from app.chat.turn_editor import TurnEditor
from app.chat.writing import Writing
from app.chat.writing_paint import WritingKey
from app.copy_problem import CopyProblem
from app.language import tr
from app.style.buttons import IconButton
from app.style.theme import theme

RENDER_INTERVAL_MS = 125
NAMES = {"user": tr("You"), "assistant": "Penjing", "system": tr("System")}

ReadWriting = Callable[[Turn, Callable[[Writing | None], None]], None]


class MessageView(QWidget):
    """A turn with what can be done about it.

    Args:
        read_writing: Finds out how a turn was written.

    Signals:
        regenerate_wanted, continue_wanted: Of a reply.
        edited: With the turn's other text.
        alternative_wanted: With the turn to show in this one's place.
        reopen_wanted: The model is to see again what came before.
        next_wanted: With the step that helps after a reply that could not be finished.
        step_wanted: With the step of the reply that was clicked.
        tree_wanted: Of a reply: how it was guessed.
    """

    regenerate_wanted = Signal()
    continue_wanted = Signal()
    edited = Signal(str)
    alternative_wanted = Signal(Turn)
    reopen_wanted = Signal()
    next_wanted = Signal(NextStep)
    step_wanted = Signal(int)
    tree_wanted = Signal()

    def __init__(self, turn: Turn, read_writing: ReadWriting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.turn = turn
        self._read_writing = read_writing
        self._last, self._free = False, True
        self._editor: TurnEditor | None = None
        self._name = QLabel(NAMES.get(turn.role, turn.role))
        self._opens = QPushButton(tr("The model sees nothing above this line. Show it all again"))
        self._chips = AttachmentChips(removable=False)
        self.body = MessageBody()
        self.body.step_wanted.connect(self.step_wanted)
        self._key = WritingKey()
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._copy_problem = CopyProblem()
        self._next = QPushButton(NextStep.LOAD)
        self._next.clicked.connect(lambda: self.next_wanted.emit(self.turn.next_step))
        self._footer = QLabel()
        self._footer.setProperty("muted", True)
        self._footer.setWordWrap(True)
        self._make_buttons()
        self._render = QTimer(self, interval=RENDER_INTERVAL_MS, singleShot=True)
        self._render.timeout.connect(self.body.advance)
        self._lay_out()
        theme().changed.connect(self._dress)
        self._dress()
        self.refresh()

    def add_text(self, text: str) -> None:
        """Add to the text; it is shown at the next of at most eight times a second."""
        first = not self.body.content
        self.body.add(text)
        if not self._render.isActive():
            self._render.start()
        if first:
            self._show_line()

    def refresh(self) -> None:
        """Show the turn as it is now."""
        if self.turn.role == "user":
            self.body.set_plain(self.turn.content)
            self._chips.show_attachments(self.turn.attachments)
        elif self.body.content != self.turn.content:
            self.body.set_markdown(self.turn.content)
        elif not self.turn.busy:
            self._render.stop()
            self.body.advance()
        self._show_line()

    def set_place(self, last: bool, free: bool) -> None:
        """Whether it is the last turn, which offers more, and whether another reply can be begun now."""
        self._last, self._free = last, free
        self._show_line()

    def show_step(self, step: int) -> None:
        """Show how the turn was written, and point out what a step added."""
        self._read_writing(self.turn, self._show_writing)
        self.body.mark_step(step)

    def _make_buttons(self) -> None:
        self._before = IconButton("chevron-left", tr("The alternative before"))
        self._before.clicked.connect(lambda: self._turn_to(-1))
        self._count = QLabel()
        self._count.setProperty("muted", True)
        self._after = IconButton("chevron-right", tr("The next alternative"))
        self._after.clicked.connect(lambda: self._turn_to(1))
        self._copy = IconButton("copy", tr("Copy this message"))
        self._copy.clicked.connect(self._offer_copies)
        self._edit = IconButton("pencil", "")
        self._edit.clicked.connect(self._begin_edit)
        self._again = IconButton("refresh", tr("Write another reply"))
        self._again.clicked.connect(self.regenerate_wanted)
        self._proceed = IconButton("step-forward", tr("Continue this reply"))
        self._proceed.clicked.connect(self.continue_wanted)
        self._how = IconButton("written", tr("Show how this was written"))
        self._how.setCheckable(True)
        self._how.toggled.connect(self._toggle_writing)
        self._tree = IconButton("tree", tr("Show the trees of this reply"))
        self._tree.clicked.connect(self.tree_wanted)
        self._opens.setProperty("quiet", True)
        self._opens.clicked.connect(self.reopen_wanted)

    def _lay_out(self) -> None:
        trouble = QHBoxLayout()
        trouble.setSpacing(8)
        trouble.addWidget(self._note, 1)
        trouble.addWidget(self._copy_problem, 0, Qt.AlignmentFlag.AlignTop)
        trouble.addWidget(self._next)
        line = QHBoxLayout()
        line.setSpacing(0)
        for part in (self._before, self._count, self._after):
            line.addWidget(part)
        for button in (self._copy, self._edit, self._again, self._proceed, self._how, self._tree):
            line.addWidget(button)
        line.addStretch(1)
        self._count.setFixedHeight(self._copy.sizeHint().height())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._opens)
        column.addWidget(self._name)
        column.addWidget(self._chips)
        column.addWidget(self._key)
        column.addWidget(self.body)
        column.addLayout(trouble)
        column.addWidget(self._footer)
        column.addLayout(line)
        self._column = column

    def _dress(self) -> None:
        self._name.setFont(theme().font(13, bold=True))
        for label in (self._footer, self._count):
            label.setFont(theme().font(11))
        self._note.setFont(theme().font(13))

    def _show_line(self) -> None:
        turn = self.turn
        waiting = turn.busy and not turn.content
        note = turn.note or (tr("Reading the conversation.") if waiting else "")
        self._note.setText(note)
        self._note.setProperty("wrong", turn.state is State.FAILED)
        self._note.setProperty("muted", turn.state is not State.FAILED)
        self._note.style().polish(self._note)
        self._note.setVisible(bool(note))
        # A reply that the person stopped is no problem; one that the engine left is.
        trouble = turn.state is State.FAILED or turn.next_step is not NextStep.NONE
        self._copy_problem.show_problem(note if trouble else "")
        self._opens.setVisible(turn.opens)
        self._chips.setVisible(bool(turn.attachments))
        self.body.setVisible(bool(turn.content) and self._editor is None)
        self._key.setVisible(self.body.writing is not None and self._editor is None)
        if turn.next_step is not NextStep.NONE:
            self._next.setText(turn.next_step)
        self._next.setVisible(self._last and turn.next_step is not NextStep.NONE)
        self._footer.setText(footer(turn.facts))
        self._footer.setVisible(bool(turn.facts))
        self._footer.setToolTip(speculation_tip(turn.facts))
        self._show_buttons()

    def _show_buttons(self) -> None:
        turn = self.turn
        reply = turn.role == "assistant"
        still = not turn.busy and self._editor is None
        alternatives = turn.alternatives
        for part in (self._before, self._count, self._after):
            part.setVisible(len(alternatives) > 1)
        if len(alternatives) > 1:
            place = alternatives.index(turn)
            self._count.setText(f"{place + 1} / {len(alternatives)}")
            self._count.setAccessibleName(
                tr("Alternative {place} of {count}", place=place + 1, count=len(alternatives))
            )
            self._before.setEnabled(place > 0)
            self._after.setEnabled(place + 1 < len(alternatives))
        self._copy.setVisible(still and bool(turn.prompt))
        self._edit.setVisible(still)
        self._edit.setEnabled(self._free)
        self._edit.say(tr("Edit this reply; this one is kept") if reply else tr("Edit and ask anew; this one is kept"))
        self._again.setVisible(still and reply)
        self._again.setEnabled(self._free)
        self._proceed.setVisible(still and reply and self._last and bool(turn.content))
        self._proceed.setEnabled(self._free)
        self._how.setVisible(still and reply and bool(turn.facts))
        self._tree.setVisible(still and reply and bool(turn.content))

    def _turn_to(self, by: int) -> None:
        alternatives = self.turn.alternatives
        self.alternative_wanted.emit(alternatives[alternatives.index(self.turn) + by])

    def _offer_copies(self) -> None:
        if self.turn.role == "user":
            QGuiApplication.clipboard().setText(self.turn.prompt)
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Copy as Markdown"), self.copy_markdown)
        menu.addAction(tr("Copy as plain text"), self.copy_plain)
        menu.popup(self._copy.mapToGlobal(self._copy.rect().bottomLeft()))

    def copy_markdown(self) -> None:
        QGuiApplication.clipboard().setText(self.turn.content)

    def copy_plain(self) -> None:
        QGuiApplication.clipboard().setText(self.body.plain_text)

    def _begin_edit(self) -> None:
        if self._editor is not None:
            return
        self._editor = TurnEditor(self.turn)
        self._editor.done.connect(self._end_edit)
        self._column.insertWidget(self._column.indexOf(self.body), self._editor)
        self._show_line()
        self._editor.focus()

    def _end_edit(self, text: str) -> None:
        """Take the other text; "" is none."""
        if self._editor is not None:
            self._column.removeWidget(self._editor)
            self._editor.hide()
            self._editor.deleteLater()
            self._editor = None
        self._show_line()
        if text:
            self.edited.emit(text)

    def _toggle_writing(self, shown: bool) -> None:
        if shown:
            self._read_writing(self.turn, self._show_writing)
        else:
            self.body.show_writing(None)
            self._show_line()

    def _show_writing(self, writing: Writing | None) -> None:
        self.body.show_writing(writing)
        if writing is not None:
            self._key.show_writing(writing)
        self._how.blockSignals(True)
        self._how.setChecked(writing is not None)
        self._how.blockSignals(False)
        if writing is None:
            self._how.say(tr("It was not kept how this was written"))
            self._how.setEnabled(False)
        self._show_line()
