"""The one download that the first pages recommend: what it is, how it would run here, and how far it has come."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.background import Background
from app.language import tr
from app.picker.downloads import Downloads
from app.picker.downloads_view import DownloadsView
from app.style.theme import theme
from core.hub.progress import State
from core.hub.verdict import speed_range
from core.machine.machine import Machine
from core.sizes import format_size

if TYPE_CHECKING:
    from core.hub.recommendation import Recommendation

log = logging.getLogger(__name__)

NONE = tr("No model of the catalogue both runs here and fits on the drive. The demo pair does.")
MEANWHILE = tr("It goes on by itself, also once you have left these pages. The demo pair answers meanwhile.")
NO_NEED = tr("The demo pair needs no connection: it answers all the same.")


class Recommended(QFrame):
    """Nothing is asked of the network before the button is pressed.

    Signals: download_wanted, with a name on the hub, for each model of the pair.
    """

    download_wanted = Signal(str)

    def __init__(self, downloads: Downloads, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._downloads = downloads
        self._recommendation: Recommendation | None = None
        self._background = Background("recommended", self)
        self.title = QLabel(tr("Looking for a model that suits this computer…"))
        self.title.setWordWrap(True)
        self.says = QLabel()
        self.says.setProperty("muted", True)
        self.button = QPushButton(tr("Download"))
        self.button.clicked.connect(self._get)
        self.meanwhile = QLabel()
        for label in (self.says, self.meanwhile):
            label.setWordWrap(True)
            label.hide()
        self.button.hide()
        line = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.title)
        words.addWidget(self.says)
        line.addLayout(words, 1)
        line.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(line)
        column.addWidget(DownloadsView(downloads))
        column.addWidget(self.meanwhile)
        downloads.changed.connect(self._show_progress)
        theme().changed.connect(self._dress)
        self._dress()

    def look(self, machine: Machine) -> None:
        """Find out what to recommend for this computer."""
        self._background.run(
            lambda: _recommend(machine), self.show_recommendation, lambda error: log.warning("none: %s", error)
        )

    def show_recommendation(self, recommendation: Recommendation | None) -> None:
        """Offer a download; None if there is none to recommend."""
        self._recommendation = recommendation
        self.says.setVisible(recommendation is not None)
        if recommendation is None:
            self.title.setText(NONE)
        else:
            self.title.setText(_title(recommendation))
            self.says.setText(_speed(recommendation))
            self.button.setAccessibleName(tr("Download {name}", name=recommendation.target))
        self._show_progress()

    def close_work(self) -> None:
        self._background.close()

    def _get(self) -> None:
        assert self._recommendation is not None
        for repository in self._recommendation.repositories:
            self.download_wanted.emit(repository)

    def _show_progress(self) -> None:
        wanted = self._recommendation.repositories if self._recommendation is not None else ()
        states = [progress.state for progress in self._downloads.progress if progress.repository in wanted]
        stuck = any(state in (State.WAITING, State.FAILED) for state in states)
        self.button.setVisible(bool(wanted) and not states)
        self.meanwhile.setVisible(bool(states))
        if states and all(state is State.DONE for state in states):
            self.meanwhile.setText(tr("It is here: choose it on the models page."))
        else:
            self.meanwhile.setText(NO_NEED if stuck else MEANWHILE)

    def _dress(self) -> None:
        self.title.setFont(theme().font(13, bold=True))


def _title(recommendation: Recommendation) -> str:
    target, draft, size = recommendation.target, recommendation.draft, format_size(recommendation.bytes)
    if not draft:
        return f"{target}, {size}"
    return tr("{target} with {draft} as its draft, {size}", target=target, draft=draft, size=size)


def _speed(recommendation: Recommendation) -> str:
    speed = recommendation.speed
    return tr(
        "The best of the catalogue for this computer: {speed} tok/s, predicted.",
        speed=speed_range(speed.low, speed.high),
    )


def _recommend(machine: Machine) -> Recommendation | None:
    from core.hub.recommendation import recommend
    from core.locations import models_folder

    return recommend(machine, models_folder())
