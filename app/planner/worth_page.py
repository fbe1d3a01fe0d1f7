"""Which well-known models are worth downloading for this computer, or for one with other parts."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from app.language import tr
from app.planner.comparing import Comparing
from app.planner.what_if import Parts
from app.planner.wording import speed_range
from app.planner.worth_table import MARK_MEANINGS, WorthTable, detail, residence, short_name
from app.planner.worth_view import WorthView
from app.style.page import Page
from app.style.theme import theme
from core.machine.machine import Machine
from core.planning.catalogue import FORMATS
from core.planning.worth import CONTEXT, Offer


class WorthPage(Page):
    """Compares anew when the computer changes, while it is in sight.

    Signals:
        shown: The offer whose plan should be seen in the planner; None for the models that are chosen.
        search_wanted: Words to look for on the models page.
    """

    shown = Signal(object)
    search_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Worth downloading?"), parent)
        self._machine: Machine | None = None
        self._parts = Parts()
        self._compared: tuple[Machine, str | None] | None = None
        self._told: Offer | None = None
        self.comparing = Comparing(self)
        self.format = QComboBox()
        self.explanation, self.state, self.words = QLabel(), QLabel(), QLabel()
        self._table = WorthTable()
        self.table = WorthView(self._table)
        self.look = QPushButton(tr("Find in models"))
        self.again = QPushButton(tr("Try again"))
        self._lay_out_page()
        self.format.currentIndexChanged.connect(lambda _: self._compare())
        self.comparing.changed.connect(self._show)
        self.comparing.failed.connect(self._fail)
        self.table.picked.connect(self._pick)
        self.table.taken.connect(self._find)
        self.look.clicked.connect(lambda: self._find(self.table.offer))
        self.again.clicked.connect(self._compare_anew)
        self._show()

    def set_machine(self, machine: Machine | None, parts: Parts) -> None:
        """Compare for a computer.

        Args:
            machine: With its parts put in; None before it was looked at.
            parts: Which of them it does not really have.
        """
        self._machine, self._parts = machine, parts
        self._compare()

    def close_work(self) -> None:
        self.comparing.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._compare()
        self._tell(self.table.offer)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tell(None)

    def _tell(self, offer: Offer | None) -> None:
        if offer is not self._told:
            self._told = offer
            self.shown.emit(offer)

    def _compare(self) -> None:
        """Unless nobody looks, or that was compared last."""
        wanted = (self._machine, self.format.currentData())
        if self._machine is None or not self.isVisible() or wanted == self._compared:
            self._show()
            return
        self._compared = (self._machine, self.format.currentData())
        self.comparing.compare(self._machine, self.format.currentData(), CONTEXT)

    def _compare_anew(self) -> None:
        self._compared = None
        self._compare()

    def _show(self) -> None:
        comparing = self.comparing
        self._table.show_offers(comparing.found)
        self.table.setVisible(bool(comparing.found))
        self.again.hide()
        self.explanation.setText(_explained(self._parts))
        if self._machine is None:
            self.state.setText(tr("The machine is being looked at."))
        elif comparing.running:
            self.state.setText(tr("Comparing, {count} so far …", count=len(comparing.found)))
        elif comparing.found and not any(offer.plan.fits for offer in comparing.found):
            self.state.setText(tr("None of them fits this computer in this format: choose another one."))
        else:
            self.state.setText(tr("{count} compared.", count=len(comparing.found)) if comparing.found else "")
        self._pick(self.table.offer)

    def _fail(self, sentence: str) -> None:
        self._show()
        self.state.setText(sentence)
        self.again.show()

    def _pick(self, offer: Offer | None) -> None:
        self.look.setEnabled(offer is not None)
        self.words.setText(_about(offer) if offer is not None else tr("Choose a model to see its plan at the right."))
        if self.isVisible():
            self._tell(offer)

    def _find(self, offer: Offer | None) -> None:
        if offer is not None:
            self.search_wanted.emit(short_name(offer))

    def _lay_out_page(self) -> None:
        self.format.addItem(tr("The best format"), None)
        for name in FORMATS:
            self.format.addItem(name, name)
        self.format.setAccessibleName(tr("Format of the weights"))
        self.format.setToolTip(
            tr("The best is the widest that is nearly as fast as any: narrower ones lose some of what a model can.")
        )
        self.look.setToolTip(tr("Look for this model on the models page; nothing is sent before you choose the hub."))
        for label in (self.explanation, self.words):
            label.setWordWrap(True)
        for label in (self.explanation, self.state):
            label.setProperty("muted", True)
        self.state.setFont(theme().font(11))
        self.state.setWordWrap(True)
        self.words.setProperty("card", True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.head.addWidget(self.format)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.state, 1)
        buttons.addWidget(self.again)
        buttons.addWidget(self.look)
        self.column.addWidget(self.explanation)
        self.column.addWidget(self.words)
        self.column.addLayout(buttons)
        self.column.addWidget(self.table)
        self.column.addStretch(1)


def _explained(parts: Parts) -> str:
    if not parts.any:
        return tr(
            "Well-known models on this computer, each with the draft that makes it fastest. Another computer can be "
            "chosen in the plan, under “What if”."
        )
    return tr("Well-known models on a computer with {parts}.", parts=parts.words)


def _about(offer: Offer) -> str:
    """All that is known of one, in sentences."""
    plan = offer.plan
    result = f"{speed_range(plan.speed)}; {residence(offer)}." if plan.speed else plan.warnings[0]
    parts = (
        f"{short_name(offer)}, {detail(offer)}: {result}",
        MARK_MEANINGS.get(offer.certainty, ""),
        f"{offer.entry.note[0].upper()}{offer.entry.note[1:]}." if offer.entry.note else "",
    )
    return " ".join(filter(None, parts))
