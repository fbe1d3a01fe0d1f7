"""One message's text: a read-only document as high as its content, with code boxes and quote bars behind it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QGuiApplication,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QTextEdit, QToolTip, QWidget

from app.chat.code_buttons import CodeButtons
from app.chat.markdown import Block, BlockStream
from app.chat.rich_text import UNUSED, Backdrop, RichTextWriter
from app.chat.source_map import SourceMap
from app.chat.writing import Writing, WrittenToken
from app.chat.writing_paint import WritingPainter, token_words
from app.language import tr
from app.style.theme import theme

RADIUS = 6.0

MOST_MARKS = 200
"""Words that are pointed out in one message; of more, nobody sees one from the other."""


class MessageBody(QTextBrowser):
    """Shows Markdown, whole or as it is written; on request with how each token came about.

    What is finished of a growing text is written into the document once; only the open tail is taken out and written
    anew each time it is shown.

    Signals:
        step_wanted: The step of the token that was clicked, while it is shown how the text was written.
    """

    step_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backdrops: list[Backdrop] = []
        self._buttons = CodeButtons(self.viewport())
        self._buttons.copy_wanted.connect(self._copy_code)
        self._writing: Writing | None = None
        self._step: int | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setUndoRedoEnabled(False)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName(tr("Message"))
        self.anchorClicked.connect(_open_web_link)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._markdown = True
        self._source = ""
        self._tail: list[Block] = []
        self._clear()
        theme().changed.connect(self._rewrite)

    @property
    def content(self) -> str:
        """The Markdown shown, and what is yet to be shown."""
        return self._source

    @property
    def plain_text(self) -> str:
        """The text as it is shown, without markup."""
        return self.document().toPlainText().replace("\u2028", "\n")

    @property
    def writing(self) -> Writing | None:
        """How the text was written, if that is shown."""
        return self._writing

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
        if not finished and self._is_more_code(tail):
            self._extend_code(tail[0])
            return
        self._remove_tail()
        if finished:
            written = self._writer.write(finished, self._tail_start)
            self._finished += written.backdrops
            self._map.add(written.spans)
            self._finished_spans = len(self._map)
            self._tail_start += sum(len(block.source) for block in finished)
            self._tail_block = self.document().blockCount()
        written = self._writer.write(tail, self._tail_start)
        self._map.add(written.spans)
        self._backdrops = self._finished + written.backdrops
        self._tail = tail
        self._place_buttons()

    def _is_more_code(self, tail: list[Block]) -> bool:
        """Whether all that came is more code in the box that the text ends with."""
        if not (len(tail) == len(self._tail) == 1) or tail[0].is_closed_code:
            return False
        before, now = self._tail[0].code, tail[0].code
        if before is None or now is None or before.info != now.info:
            return False
        return now.content.startswith(before.content.removesuffix("\n"))

    def _extend_code(self, block: Block) -> None:
        """Write only the end of a box of code: all of a long one, eight times a second, would hold up the window."""
        written = self._writer.extend_code(block, self._backdrops[-1])
        self._map.cut(self._finished_spans)
        self._map.add(written.spans)
        self._backdrops = self._finished + written.backdrops
        self._tail = [block]
        self._place_buttons()

    def show_writing(self, writing: Writing | None) -> None:
        """Show how the text was written, or no longer."""
        self._writing, self._step = writing, None
        self.viewport().setMouseTracking(True)
        self.viewport().update()

    def mark_step(self, step: int | None) -> None:
        """Point out what a step added, while it is shown how the text was written."""
        self._step = step
        self.viewport().update()

    def mark_words(self, words: Sequence[str]) -> QRect:
        """Point out where words are; none for no words. Where the first is, empty if none shows."""
        marks: list[QTextEdit.ExtraSelection] = []
        for word in words:
            cursor = self.document().find(word)
            while not cursor.isNull() and len(marks) < MOST_MARKS:
                mark = QTextEdit.ExtraSelection()
                mark.cursor, mark.format = cursor, QTextCharFormat()
                mark.format.setBackground(theme().palette.found)
                marks.append(mark)
                cursor = self.document().find(word, cursor)
        self.setExtraSelections(marks)
        first = min(marks, key=lambda mark: mark.cursor.selectionStart(), default=None)
        return self.cursorRect(first.cursor) if first is not None else QRect()

    def area_of_step(self, step: int) -> QRect:
        """Where the text stands that a step added; the top if it added none that shows."""
        tokens = self._writing.of_step(step) if self._writing is not None else []
        spans = self._map.document_spans(tokens[0].start, tokens[-1].end) if tokens else iter(())
        area = QRect()
        for span in spans:
            for place in (span.document, span.document + span.length):
                cursor = QTextCursor(self.document())
                cursor.setPosition(place)
                area = area.united(self.cursorRect(cursor))
        return area

    def _clear(self) -> None:
        self.setExtraSelections([])
        self.document().clear()
        self._stream = BlockStream()
        self._writer = RichTextWriter(self.document(), theme())
        self._map = SourceMap()
        self._finished: list[Backdrop] = []
        self._finished_spans = 0
        self._tail = []
        self._backdrops = []
        self._tail_block = 0
        self._tail_start: int = 0

    def _rewrite(self) -> None:
        self._clear()
        if self._markdown:
            self._stream.add(self._source)
            self.advance()
        else:
            self._writer.write_plain(self._source)

    def _remove_tail(self) -> None:
        """Leave an empty block where the tail began, as new as that of an empty document."""
        self._map.cut(self._finished_spans)
        first = self.document().findBlockByNumber(self._tail_block)
        if not first.isValid():
            return  # the text ended with what was finished
        cursor = QTextCursor(first)
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

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        token = self._token_at(event.position())
        if token is not None and not self.textCursor().hasSelection():
            self.mark_step(token.step)
            self.step_wanted.emit(token.step)
        super().mouseReleaseEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            token = self._token_at(event.pos().toPointF())
            if token is not None and self._writing is not None:
                QToolTip.showText(event.globalPos(), token_words(token, self._writing, self._source), self)
                return True
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for backdrop in self._backdrops:
            area = self._area(backdrop)
            if not area.intersects(QRectF(event.rect())):
                continue
            if backdrop.code is None:
                painter.fillRect(QRectF(area.left() + 2, area.top(), 2, area.height()), theme().palette.line)
            else:
                painter.setPen(theme().palette.line)
                painter.setBrush(theme().palette.well)
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        self._paint_writing(painter, event.rect(), over=False)
        painter.end()
        super().paintEvent(event)
        QTimer.singleShot(0, self, self._place_buttons)  # what is painted has come into sight
        if self._writing is not None:
            painter.begin(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_writing(painter, event.rect(), over=True)
            painter.end()

    def _paint_writing(self, painter: QPainter, visible: QRect, over: bool) -> None:
        if self._writing is not None:
            WritingPainter(painter, self.document(), self._map, self._writing, self._step).paint(visible, over)

    def _token_at(self, point: QPointF) -> WrittenToken | None:
        """The token at a point of the text, while it is shown how the text was written."""
        if self._writing is None:
            return None
        place = self.document().documentLayout().hitTest(point, Qt.HitTestAccuracy.ExactHit)
        source = self._map.source(place) if place >= 0 else None
        return self._writing.at(source) if source is not None else None

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
        """Have buttons for the boxes in sight, and one beyond on either side for the keyboard to go on to."""
        boxes = [backdrop for backdrop in self._backdrops if backdrop.code is not None]
        sight = QRectF(self.viewport().visibleRegion().boundingRect())
        wanted = {self._buttons.focused}
        if not sight.isEmpty():
            first = bisect_left(boxes, sight.top(), key=lambda box: self._area(box).bottom())
            last = bisect_right(boxes, sight.bottom(), key=lambda box: self._area(box).top())
            wanted.update(range(first - 1, last + 1))
        self._buttons.place({number: self._area(box) for number, box in enumerate(boxes) if number in wanted})

    def _copy_code(self, index: int) -> None:
        boxes = [backdrop.code for backdrop in self._backdrops if backdrop.code is not None]
        if index < len(boxes):
            QGuiApplication.clipboard().setText(boxes[index])


def _open_web_link(url: QUrl) -> None:
    """A model may write any link; only those that a browser opens are followed."""
    if url.scheme() in ("http", "https"):
        QDesktopServices.openUrl(url)
