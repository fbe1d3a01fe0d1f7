"""The pages of the first start. They fill the centre of the window; Esc leaves them, and they do not come again."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.first_run.picture import HowPicture
from app.first_run.wording import Row, describe, rows
from app.language import tr
from app.style.buttons import primary_button, quiet_button
from app.style.theme import theme
from core.machine.machine import Machine

WIDTH = 640
ASSUMED = (
    tr(
        "Predicted for unpacked 16-bit models; from 8B on, a 1B model drafts. Packed to 4 bits a model "
        "weighs about a quarter. The Plan panel predicts every model exactly, and shows the measured speed "
        "beside it."
    )
)


class FirstRunPage(QWidget):
    """Three steps with a way back.

    Args:
        extra: Shown under what the computer can run, such as the offer of the pack for NVIDIA cards.
        download: Shown beside the demo pair, such as a model that is recommended.

    Signals:
        closed: The person is through, or wants to see none of it.
        demo_wanted, models_wanted: How the person wants to begin.
        updates_chosen: Whether to look for new versions.
    """

    closed = Signal()
    demo_wanted = Signal()
    models_wanted = Signal()
    updates_chosen = Signal(bool)

    def __init__(
        self, extra: QWidget | None = None, download: QWidget | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._titles: list[QLabel] = []
        self.steps = QStackedWidget()
        self._table = QGridLayout()
        self._machine = _text(tr("Looking at this computer…"), muted=True)
        self.updates = QCheckBox(tr("Look for new versions of Penjing once a day"))
        self.demo = primary_button(tr("Chat with the demo pair"))
        self.models = quiet_button(tr("Choose another model…"))
        for step in (self._what(), self._computer(extra), self._begin(download)):
            self.steps.addWidget(step)
        self._count = _text("", muted=True)
        self.skip = quiet_button(tr("Skip"))
        self.back = quiet_button(tr("Back"))
        self.forward = primary_button(tr("Continue"))
        self._lay_out()
        self.skip.clicked.connect(self.closed)
        self.back.clicked.connect(lambda: self.show_step(self.steps.currentIndex() - 1))
        self.forward.clicked.connect(lambda: self.show_step(self.steps.currentIndex() + 1))
        self.demo.clicked.connect(self.demo_wanted)
        self.models.clicked.connect(self.models_wanted)
        self.updates.toggled.connect(self.updates_chosen)
        theme().changed.connect(self._dress)
        self._dress()
        self.show_step(0)

    def show_step(self, index: int) -> None:
        """Go to a step, counted from 0."""
        self.steps.setCurrentIndex(index)
        last = self.steps.count() - 1
        self._count.setText(tr("{index} of {last}", index=index + 1, last=last + 1))
        self.back.setVisible(index > 0)
        self.forward.setVisible(index < last)
        (self.demo if index == last else self.forward).setFocus()

    def show_machine(self, machine: Machine) -> None:
        """Say what this computer can run."""
        self._machine.setText(describe(machine))
        while (item := self._table.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        head = Row(tr("Parameters"), tr("Weighs"), tr("Lives"), tr("Speed"))
        for line, row in enumerate((head, *rows(machine))):
            for column, words in enumerate((row.size, row.weight, row.place, row.speed)):
                self._table.addWidget(_text(words, muted=line == 0 or column == 2, wrap=False), line, column)

    def _what(self) -> QWidget:
        return self._step(
            tr("Big models, on this computer"),
            HowPicture(),
            _text(
                tr(
                    "A model that is too big for memory is read from the drive for every pass, which takes "
                    "as long for one word as for a hundred. So a small model guesses a whole tree of "
                    "continuations meanwhile, and one pass of the big one checks them all."
                )
            ),
            _text(
                tr("The answer is exactly the one that the big model would have written alone. It only comes sooner.")
            ),
        )

    def _computer(self, extra: QWidget | None) -> QWidget:
        self._table.setHorizontalSpacing(24)
        self._table.setVerticalSpacing(6)
        self._table.setColumnStretch(2, 1)
        card = QFrame()
        card.setProperty("card", True)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.addLayout(self._table)
        parts = [self._machine, card, _text(ASSUMED, muted=True)]
        return self._step(tr("What this computer can run"), *parts, *([extra] if extra is not None else []))

    def _begin(self, download: QWidget | None) -> QWidget:
        buttons = QWidget()
        line = QHBoxLayout(buttons)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.demo)
        line.addWidget(self.models)
        line.addStretch(1)
        return self._step(
            tr("Begin"),
            _text(
                tr(
                    "Two very small models came along. They know the documentation of Python's standard "
                    "library and nothing else, answer at once, and need no download: the way to see "
                    "everything at work."
                )
            ),
            buttons,
            *([download] if download is not None else []),
            _text(
                tr(
                    "Nothing that you write leaves this computer. Penjing goes online only when you search "
                    "for a model or download one, or if you want this:"
                )
            ),
            self.updates,
            _text(tr("The user guide is under Help (F1). These pages are there too: “First steps”."), muted=True),
        )

    def _step(self, title: str, *parts: QWidget) -> QWidget:
        step = QWidget()
        column = QVBoxLayout(step)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        heading = QLabel(title)
        self._titles.append(heading)
        for part in (heading, *parts):
            column.addWidget(part)
        column.addStretch(1)
        return step

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.addWidget(self._count)
        foot.addStretch(1)
        for button in (self.skip, self.back, self.forward):
            foot.addWidget(button)
        holder = QWidget()
        holder.setMaximumWidth(WIDTH)
        column = QVBoxLayout(holder)
        column.setContentsMargins(24, 40, 24, 24)
        column.setSpacing(16)
        column.addWidget(self.steps, 1)
        column.addLayout(foot)
        centred = QHBoxLayout(self)
        centred.setContentsMargins(0, 0, 0, 0)
        centred.addStretch(1)
        centred.addWidget(holder, 1000)
        centred.addStretch(1)

    def _dress(self) -> None:
        for title in self._titles:
            title.setFont(theme().font(20))


def _text(words: str, muted: bool = False, wrap: bool = True) -> QLabel:
    label = QLabel(words)
    label.setWordWrap(wrap)
    label.setProperty("muted", muted)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return label
