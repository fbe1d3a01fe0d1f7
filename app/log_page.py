"""The logs page: what the window and its engine wrote down, and reports of crashes, to read and to copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.crash_reports import read_end
from app.language import tr
from app.style.page import PageHead
from app.style.theme import theme

LINES = 2000
LOOK_MS = 1000


class LogPage(QWidget):
    """Shows one file at a time, its end first, and what is added to it while it is shown.

    Args:
        folder: Of the logs.
        reports: Gives the reports of crashes, the newest first.

    Signals: closed, when the person goes back.
    """

    closed = Signal()

    def __init__(self, folder: Path, reports: Callable[[], Sequence[Path]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._reports = reports
        self._text = ""
        self.files = QComboBox()
        self.files.setAccessibleName(tr("File"))
        self.files.setMinimumWidth(260)
        self.files.currentIndexChanged.connect(self._reread)
        self.filter = QLineEdit(placeholderText=tr("Only lines with…"), clearButtonEnabled=True)
        self.filter.setAccessibleName(tr("Only lines with"))
        for clear in self.filter.findChildren(QToolButton):
            clear.setAccessibleName(tr("Clear the search"))
        self.filter.textChanged.connect(self._show)
        self.view = QPlainTextEdit(readOnly=True, lineWrapMode=QPlainTextEdit.LineWrapMode.NoWrap)
        self.view.setAccessibleName(tr("Log"))
        self.view.setPlaceholderText(tr("Nothing was written down yet."))
        self.copy = QPushButton(tr("Copy"))
        self.copy.setToolTip(tr("Copy what is shown"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.view.toPlainText()))
        self._open = QPushButton(tr("Open folder"))
        self._open.clicked.connect(self._open_folder)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._reread)
        self._lay_out()
        theme().changed.connect(self._dress)
        self._dress()

    def show_file(self, file: Path) -> None:
        """Show that file, which may be a report written just now."""
        self._list()
        self.files.setCurrentIndex(max(0, self.files.findData(str(file))))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._list()
        self._look.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look.stop()

    def _lay_out(self) -> None:
        head = PageHead(tr("Logs"))
        head.closed.connect(self.closed)
        head.addWidget(self.copy)
        head.addWidget(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 24)
        column.setSpacing(8)
        column.addLayout(head)
        choice = QHBoxLayout()
        choice.setSpacing(8)
        choice.addWidget(self.files)
        choice.addWidget(self.filter, 1)
        column.addLayout(choice)
        column.addWidget(self.view, 1)

    def _list(self) -> None:
        """What there is to read; what was shown stays shown."""
        named = [(tr("Window"), self._folder / "window.log"), (tr("Engine"), self._folder / "engine.log")]
        named += [(tr("Report of {stem}", stem=file.stem), file) for file in self._reports()]
        shown = self.files.currentData()
        self.files.blockSignals(True)
        self.files.clear()
        for name, file in named:
            self.files.addItem(name, str(file))
        self.files.setCurrentIndex(max(0, self.files.findData(shown)))
        self.files.blockSignals(False)
        self._reread()

    def _reread(self) -> None:
        text = read_end(Path(self.files.currentData()), LINES)
        if text != self._text:
            self._text = text
            self._show()

    def _show(self) -> None:
        words = self.filter.text().lower()
        lines = [line for line in self._text.splitlines() if words in line.lower()]
        bar = self.view.verticalScrollBar()
        following, place = bar.value() == bar.maximum(), bar.value()
        self.view.setPlainText("\n".join(lines))
        bar.setValue(bar.maximum() if following else place)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self.files.currentData()).parent)))

    def _dress(self) -> None:
        self.view.setFont(theme().font(12, mono=True))
