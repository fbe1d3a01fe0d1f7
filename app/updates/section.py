"""The part of the settings about new versions: whether to look, a look right now, and what was found."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.copy_problem import CopyProblem
from app.language import tr
from app.updates.watch import UpdateWatch
from core.updates.notice import Notice


class UpdatesSection(QWidget):
    """Args: remember: Called with the setting that changed."""

    def __init__(self, watch: UpdateWatch, remember: Callable[..., None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notice: Notice | None = None
        self.daily = QCheckBox(tr("Look for new versions once a day"))
        self.daily.setToolTip(tr("Asks one address for a signed notice. Nothing about you or this computer is sent."))
        self.daily.toggled.connect(lambda on: remember(updates=on))
        self.now = QPushButton(tr("Look now"))
        self.now.clicked.connect(self._look)
        self.says = QLabel()
        self.says.setWordWrap(True)
        self.says.setProperty("muted", True)
        # As text: nothing in a notice is followed or loaded.
        self.says.setTextFormat(Qt.TextFormat.PlainText)
        self.says.hide()
        self._copy = CopyProblem()
        self.open = QPushButton(tr("Open the download page"))
        self.open.clicked.connect(self._open)
        self.open.hide()
        self._watch = watch
        watch.found.connect(self.show_notice)
        watch.current.connect(lambda: self._say(tr("This is the newest version.")))
        watch.failed.connect(self._fail)
        line = QHBoxLayout()
        line.addWidget(self.daily)
        line.addStretch(1)
        line.addWidget(self.now)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(line)
        said = QHBoxLayout()
        said.addWidget(self.says, 1)
        said.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(said)
        column.addWidget(self.open, 0, Qt.AlignmentFlag.AlignLeft)

    def show_choice(self, daily: bool) -> None:
        """What the settings say."""
        self.daily.setChecked(daily)

    def show_notice(self, notice: Notice) -> None:
        """Tell of a newer version."""
        self._notice = notice
        self._say(
            tr(
                "Penjing {version} of {released} is there.\n{notes}",
                version=notice.version,
                released=notice.released,
                notes=notice.notes,
            )
        )
        self.open.show()

    def _look(self) -> None:
        self.now.setEnabled(False)
        self._say(tr("Asking…"), done=False)
        self._watch.look()

    def _fail(self, what: str, remedy: str) -> None:
        self._say(f"{what} {remedy}")
        self._copy.show_problem(f"{what} {remedy}")

    def _say(self, words: str, done: bool = True) -> None:
        self.says.setText(words)
        self.says.show()
        self._copy.show_problem("")
        self.now.setEnabled(done)

    def _open(self) -> None:
        if self._notice is not None:
            QDesktopServices.openUrl(QUrl(self._notice.page))
