"""What a person meets who has no models yet: the demo pair at once, and models that suit this machine."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.background import Background
from app.language import tr
from app.style.buttons import primary_button, quiet_button

log = logging.getLogger(__name__)

WELCOME = (
    tr(
        "The demo pair came with Penjing: two small models that answer questions about Python. Larger ones "
        "are on the hub; the list there says how each would run on this machine."
    )
)


class FirstRun(QFrame):
    """Signals: demo_wanted; search_wanted; download_wanted, with a name on the hub."""

    demo_wanted = Signal()
    search_wanted = Signal()
    download_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._background = Background("offers", self)
        welcome = QLabel(WELCOME)
        welcome.setWordWrap(True)
        demo = primary_button(tr("Chat with the demo"))
        demo.clicked.connect(self.demo_wanted)
        search = quiet_button(tr("Search the hub"))
        search.clicked.connect(self.search_wanted)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(demo)
        buttons.addWidget(search)
        buttons.addStretch(1)
        self._offers = QVBoxLayout()
        self._offers.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(welcome)
        column.addLayout(buttons)
        column.addLayout(self._offers)

    def begin(self) -> None:
        """Look which models of the catalogue suit this machine best, and offer them."""
        self._background.run(_best_models, self.offer, lambda error: log.warning("nothing is offered: %s", error))

    def close_work(self) -> None:
        self._background.close()

    def offer(self, models: Sequence[tuple[str, str]]) -> None:
        """Offer models by name, each with how it would run here."""
        while (item := self._offers.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for name, verdict in models:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            said = QLabel(f"{name}: {verdict[:1].lower()}{verdict[1:]}")
            said.setWordWrap(True)
            button = quiet_button(tr("Download"))
            button.setAccessibleName(tr("Download {name}", name=name))
            button.clicked.connect(partial(self.download_wanted.emit, name))
            row.addWidget(said, 1)
            row.addWidget(button)
            self._offers.addWidget(line)


def _best_models() -> list[tuple[str, str]]:
    from core.hub.suggestion import models_for
    from core.locations import models_folder
    from core.machine.probe import probe_machine

    folder = models_folder()
    return [(name, verdict.sentence) for name, verdict in models_for(probe_machine(folder), folder)]
