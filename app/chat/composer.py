"""Where the person writes: one card with the attachments, the text, the context meter and the button."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.chat.attachment_chips import AttachmentChips
from app.chat.context_meter import Count, short_count
from app.chat.field import GrowingField
from app.language import tr
from app.style.buttons import IconButton
from app.style.theme import theme
from core.chat.attachment import Attachment, read_attachment
from core.errors import BadRequest

MOST_LINES = 8
METER_WIDTH = 48


class _Meter(QWidget):
    """A small bar: how full the context would be."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self._over = False
        self.setFixedSize(QSize(METER_WIDTH, 16))

    def show_count(self, count: Count) -> None:
        known = count.tokens >= 0 and count.context > 0
        self._share = min(1.0, count.tokens / count.context) if known else 0.0
        self._over = not count.fits
        self.setVisible(known)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = theme().palette
        trough = QRectF(0, 6, self.width(), 4)
        painter.fillRect(trough, palette.line)
        painter.fillRect(
            QRectF(0, 6, self.width() * self._share, 4), palette.draft if self._over else palette.accent
        )
        painter.end()


class Composer(QFrame):
    """Signals: send_wanted with the text and the attachments; stop_wanted; edited, when either is another;
    refused, when a file cannot be added: what is wrong, what to do.
    """

    send_wanted = Signal(str, list)
    stop_wanted = Signal()
    edited = Signal()
    refused = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setAcceptDrops(True)
        self._busy = False
        self.attachments: list[Attachment] = []
        self._chips = AttachmentChips(removable=True)
        self._chips.removed.connect(self._remove)
        self._chips.hide()
        self.field = GrowingField(MOST_LINES)
        self.field.set_bare()
        self.field.setPlaceholderText(tr("Ask a question"))
        self.field.setAccessibleName(tr("Message"))
        self._attach = IconButton("paperclip", tr("Add a text file"), px=16)
        self._attach.clicked.connect(self._choose_files)
        self._bar = _Meter()
        self._meter = QLabel()
        self._meter.setAccessibleName(tr("Context used"))
        self.button = IconButton("send", tr("Send (Enter)"), px=16)
        self.button.set_primary(True)
        self.button.clicked.connect(self._press)
        self.field.submitted.connect(self._send)
        self.field.textChanged.connect(self._edit)
        self.field.focus_changed.connect(self._mark)
        self.field.files_dropped.connect(self.add_files)
        self._lay_out()
        self.set_used(Count(-1, 0))
        theme().changed.connect(self._dress)
        self._dress()
        self._edit()

    @property
    def text(self) -> str:
        return self.field.toPlainText()

    def set_text(self, text: str) -> None:
        self.field.setPlainText(text)

    def clear(self) -> None:
        """Empty it: what was in it is sent."""
        self.field.clear()
        self.field.forget_place()
        self._show_attachments([])

    def focus(self) -> None:
        self.field.setFocus()

    def add_files(self, files: list[str]) -> None:
        """Add text files as attachments."""
        for file in files:
            try:
                self._show_attachments([*self.attachments, read_attachment(Path(file))])
            except BadRequest as error:
                self.refused.emit(error.what, error.remedy)

    def set_busy(self, busy: bool) -> None:
        """Whether a reply is being written: the button then stops it."""
        self._busy = busy
        self.button.show_icon("stop" if busy else "send")
        self.button.say(tr("Stop writing (Esc)") if busy else tr("Send (Enter)"))
        self._enable()

    def set_used(self, count: Count) -> None:
        """Show what the next question would take of the context."""
        known = count.tokens >= 0 and count.context > 0
        self._bar.show_count(count)
        self._meter.setText(f"{short_count(count.tokens)} / {short_count(count.context)}" if known else "")
        self._meter.setToolTip(
            tr("{tokens:,} of {context:,} tokens of the context", tokens=count.tokens, context=count.context)
            + ("." if count.fits else tr(", which leaves less than {room} for the reply.", room=count.room))
        )
        self._meter.setProperty("wrong", not count.fits)
        self._meter.setProperty("muted", count.fits)
        self._meter.style().polish(self._meter)
        self._chips.show_tokens(count.attachments)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.add_files([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._attach)
        line.addStretch(1)
        line.addWidget(self._bar)
        line.addWidget(self._meter)
        line.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        column.addWidget(self._chips)
        column.addWidget(self.field)
        column.addLayout(line)

    def _dress(self) -> None:
        self._meter.setFont(theme().font(11, mono=True))

    def _show_attachments(self, attachments: list[Attachment]) -> None:
        self.attachments = attachments
        self._chips.show_attachments(attachments)
        self._chips.setVisible(bool(attachments))
        self._edit()

    def _remove(self, index: int) -> None:
        self._show_attachments([*self.attachments[:index], *self.attachments[index + 1 :]])

    def _choose_files(self) -> None:
        dialog = QFileDialog(self, tr("Add text files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.add_files)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _enable(self) -> None:
        self.button.setEnabled(self._busy or bool(self.text.strip() or self.attachments))

    def _edit(self) -> None:
        self._enable()
        self.edited.emit()

    def _mark(self, focused: bool) -> None:
        self.setProperty("active", focused)
        self.style().polish(self)

    def _press(self) -> None:
        if self._busy:
            self.stop_wanted.emit()
        else:
            self._send()

    def _send(self) -> None:
        if (self.text.strip() or self.attachments) and not self._busy:
            self.send_wanted.emit(self.text, list(self.attachments))
