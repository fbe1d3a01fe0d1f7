"""What to do when a conversation no longer fits into the context: said before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.chat.context_meter import Count, short_count
from app.language import tr
from app.style.buttons import IconButton


@dataclass(frozen=True)
class LargerContext:
    """A context that would do.

    Attributes:
        tokens: Its size.
        consequence: What the plan would be with it, such as "0.5 GiB more, 6 to 9 instead of 8 to 11 tok/s".
        fits: Whether that plan fits into the limits.
    """

    tokens: int
    consequence: str
    fits: bool


class ContextOffer(QFrame):
    """A card with a sentence and three ways on.

    Signals: drop_wanted, with the number of oldest turns to leave out; larger_wanted, with a context; new_wanted;
    closed.
    """

    drop_wanted = Signal(int)
    larger_wanted = Signal(int)
    new_wanted = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._count = Count(-1, 0)
        self._larger: LargerContext | None = None
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self._consequence = QLabel()
        self._consequence.setProperty("muted", True)
        self._consequence.setWordWrap(True)
        self._close = IconButton("close", tr("Go on writing"))
        self._close.clicked.connect(self.closed)
        self.drop = QPushButton(tr("Leave out the oldest turns"))
        self.drop.setToolTip(tr("They stay in the chat; the model no longer sees them."))
        self.drop.clicked.connect(lambda: self.drop_wanted.emit(self._count.drop or 0))
        self.larger = QPushButton(tr("Larger context"))
        self.larger.clicked.connect(self._take_larger)
        self.new = QPushButton(tr("New chat"))
        self.new.setToolTip(tr("Ask this in a chat of its own"))
        self.new.clicked.connect(self.new_wanted)
        self._lay_out()
        self.hide()

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    def offer(self, count: Count, larger: LargerContext | None) -> None:
        """Say by how much it does not fit, and what can be done."""
        self._count, self._larger = count, larger
        over = count.tokens + count.room - count.context
        self._sentence.setText(
            tr(
                "This takes {tokens:,} tokens of a context of {context:,}. With {room} for the reply, that "
                "is {over:,} too many.",
                tokens=count.tokens,
                context=count.context,
                room=count.room,
                over=over,
            )
        )
        drop = count.drop or 0
        self.drop.setText(
            tr("Leave out the {drop} oldest turns", drop=drop) if drop != 1 else tr("Leave out the oldest turn")
        )
        self.drop.setVisible(drop > 0)
        self.larger.setVisible(larger is not None)
        notes = []
        if count.drop is None:
            notes.append(tr("The question alone is too long."))
        if larger is not None:
            self.larger.setText(tr("Context of {tokens}", tokens=short_count(larger.tokens)))
            self.larger.setEnabled(larger.fits)
            notes.append(
                tr(
                    "A context of {tokens}: {consequence}.",
                    tokens=short_count(larger.tokens),
                    consequence=larger.consequence,
                )
            )
        self._consequence.setText(" ".join(notes))
        self._consequence.setVisible(bool(notes))
        self.show()

    def _take_larger(self) -> None:
        if self._larger is not None:
            self.larger_wanted.emit(self._larger.tokens)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._sentence, 1)
        top.addWidget(self._close)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.drop, self.larger, self.new):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._consequence)
        column.addLayout(buttons)
