"""The downloads as a list of cards: how far each is, how fast, what it waits for; pause, go on, take away."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.copy_problem import CopyProblem
from app.language import tr
from app.picker.downloads import Downloads
from app.style.buttons import IconButton
from app.style.theme import theme
from core.hub.progress import Progress, State, time_left
from core.sizes import format_size

STEPS = 1000
RESTING = (State.PAUSED, State.FAILED)


class DownloadsView(QWidget):
    """Hidden while there are none."""

    def __init__(self, downloads: Downloads, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._downloads = downloads
        self._cards: dict[str, _Card] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 8)
        self._column.setSpacing(8)
        downloads.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        shown = {progress.repository: progress for progress in self._downloads.progress if progress.state != "done"}
        for name in self._cards.keys() - shown.keys():
            card = self._cards.pop(name)
            self._column.removeWidget(card)
            card.deleteLater()
        for name, progress in shown.items():
            if name not in self._cards:
                self._cards[name] = _Card(self._downloads, name)
                self._column.addWidget(self._cards[name])
            self._cards[name].show_progress(progress)
        self.setVisible(bool(shown))


class _Card(QFrame):
    def __init__(self, downloads: Downloads, name: str) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._downloads = downloads
        self._name = name
        self._resting = False
        title = QLabel(name)
        title.setFont(theme().font(13, bold=True))
        self._bar = QProgressBar()
        self._bar.setRange(0, STEPS)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("Download of {name}", name=name))
        self._words = QLabel()
        self._words.setProperty("muted", True)
        self._words.setWordWrap(True)
        self._pause = IconButton("pause", tr("Pause"))
        self._pause.clicked.connect(self._toggle)
        take_away = IconButton("close", tr("Take away, with what has arrived"))
        take_away.clicked.connect(partial(downloads.discard, name))
        line = QHBoxLayout()
        line.addWidget(title, 1)
        line.addWidget(self._pause)
        line.addWidget(take_away)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 8, 10)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self._bar)
        said = QHBoxLayout()
        said.addWidget(self._words, 1)
        self._copy = CopyProblem()
        said.addWidget(self._copy)
        column.addLayout(said)

    def show_progress(self, progress: Progress) -> None:
        self._bar.setValue(round(STEPS * progress.share))
        self._words.setText(progress_words(progress))
        failed = progress.state is State.FAILED
        self._copy.show_problem(f"{self._name}: {progress.note}" if failed else "")
        self._words.setToolTip("\n".join(_file_words(progress)))
        self._resting = progress.state in RESTING
        self._pause.show_icon("play" if self._resting else "pause")
        self._pause.say(tr("Go on") if self._resting else tr("Pause"))

    def _toggle(self) -> None:
        if self._resting:
            self._downloads.start(self._name)
        else:
            self._downloads.pause(self._name)
            self._words.setText(tr("Pausing…"))


def progress_words(progress: Progress) -> str:
    """How far a download is, in one line."""
    amount = (
        tr("{done} of {total}", done=format_size(progress.done), total=format_size(progress.total))
        if progress.total
        else ""
    )
    checking = next((file.name for file in progress.files if file.checking), None)
    said: tuple[str, ...]
    match progress.state:
        case State.QUEUED:
            said = (tr("Waits for its turn"), amount)
        case State.PAUSED:
            said = (tr("Paused"), amount)
        case State.FAILED | State.WAITING:
            said = (progress.note, amount)
        case _ if checking is not None and progress.seconds_left is None:
            said = (tr("Checking {checking}", checking=checking), amount)
        case _ if not progress.total:
            said = (tr("Asking the hub…"), "")
        case _:
            rate = f"{progress.rate / 1e6:.1f} MB/s" if progress.rate else ""
            said = (amount, rate, time_left(progress.seconds_left), progress.note)
    return " · ".join(part for part in said if part)


def _file_words(progress: Progress) -> list[str]:
    return [
        tr("{name}  {done} of {size}", name=file.name, done=format_size(file.done), size=format_size(file.size))
        for file in progress.files
    ]
