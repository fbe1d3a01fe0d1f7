"""One message's text: a read-only document as high as its content, with code boxes and quote bars behind it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from app.chat.markdown import BlockStream
from app.chat.rich_text import UNUSED, Backdrop, RichTextWriter
from app.style.buttons import IconButton
from app.style.theme import theme

RADIUS = 6.0


class MessageBody(QTextBrowser):
    """Shows Markdown, whole or as it is written.

    What is finished of a growing text is written into the document once; only the open tail is taken out and written
    anew each time it is shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backdrops: list[Backdrop] = []
        self._buttons: list[IconButton] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setUndoRedoEnabled(False)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName("Message")
        self.anchorClicked.connect(_open_web_link)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._markdown = True
        self._source = ""
        self._clear()
        theme().changed.connect(self._rewrite)

    @property
    def content(self) -> str:
        """The Markdown shown, and what is yet to be shown."""
        return self._source

    def set_markdown(self, text: str) -> None:
        """Show a whole text."""
        self._markdown = True
        self._source = text
        self._rewrite()

    def set_plain(self, text: str) -> None:
        """Show text as it is."""
        self._markdown = False
        self._source = text
        self._rewrite()

    def add(self, text: str) -> None:
        """Add to the text; `advance` shows it."""
        self._source += text
        self._stream.add(text)

    def advance(self) -> None:
        """Show all that was added."""
        finished, tail = self._stream.advance()
        self._remove_tail()
        self._finished += self._writer.write(finished)
        if finished:
            self._tail_block = self.document().blockCount()
        self._backdrops = self._finished + self._writer.write(tail)
        self._place_buttons()

    def _clear(self) -> None:
        self.document().clear()
        self._stream = BlockStream()
        self._writer = RichTextWriter(self.document(), theme())
        self._finished: list[Backdrop] = []
        self._backdrops = []
        self._tail_block = 0

    def _rewrite(self) -> None:
        self._clear()
        if self._markdown:
            self._stream.add(self._source)
            self.advance()
        else:
            self._writer.write_plain(self._source)

    def _remove_tail(self) -> None:
        """Leave an empty block where the tail began, as new as that of an empty document."""
        cursor = QTextCursor(self.document().findBlockByNumber(self._tail_block))
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        made = cursor.currentList()
        if made is not None:
            made.remove(cursor.block())
        cursor.setBlockFormat(QTextBlockFormat())
        cursor.setBlockCharFormat(QTextCharFormat())
        cursor.block().setUserState(UNUSED)

    def sizeHint(self) -> QSize:
        return QSize(320, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for backdrop in self._backdrops:
            area = self._area(backdrop)
            if backdrop.code is None:
                painter.fillRect(QRectF(area.left() + 2, area.top(), 2, area.height()), theme().palette.line)
            else:
                painter.setPen(theme().palette.line)
                painter.setBrush(theme().palette.well)
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.end()
        super().paintEvent(event)

    def _area(self, backdrop: Backdrop) -> QRectF:
        layout, document = self.document().documentLayout(), self.document()
        first = layout.blockBoundingRect(document.findBlockByNumber(backdrop.first))
        last = layout.blockBoundingRect(document.findBlockByNumber(backdrop.last))
        top, bottom = first.top(), last.bottom()
        if backdrop.code is not None:
            top, bottom = top - 4, bottom + 10
        return QRectF(backdrop.indent, top, self.viewport().width() - backdrop.indent, bottom - top)

    def _fit(self) -> None:
        height = round(self.document().size().height() + 0.49)
        if height != self.height():
            self.setFixedHeight(height)
        self._place_buttons()

    def _place_buttons(self) -> None:
        boxes = [backdrop for backdrop in self._backdrops if backdrop.code is not None]
        while len(self._buttons) < len(boxes):
            button = IconButton("copy", "Copy this code", self.viewport())
            button.clicked.connect(partial(self._copy_code, len(self._buttons)))
            self._buttons.append(button)
        for button in self._buttons[len(boxes) :]:
            button.hide()
        for button, box in zip(self._buttons, boxes, strict=False):
            area = self._area(box)
            button.move(round(area.right()) - button.sizeHint().width() - 4, round(area.top()) + 2)
            button.show()

    def _copy_code(self, index: int) -> None:
        boxes = [backdrop.code for backdrop in self._backdrops if backdrop.code is not None]
        if index < len(boxes):
            QGuiApplication.clipboard().setText(boxes[index])


def _open_web_link(url: QUrl) -> None:
    """A model may write any link; only those that a browser opens are followed."""
    if url.scheme() in ("http", "https"):
        QDesktopServices.openUrl(url)
