"""The help page: chapters at the left, the chapter at the right, and a line to search them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStringListModel, Qt, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QFont,
    QImage,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.help.guide import Chapter, find, read_guide
from app.language import tr
from app.style.page import PageHead
from app.style.theme import theme

WIDTH = 620
"""Pixels that text and pictures take at most."""

LIST_WIDTH, NARROW_LIST_WIDTH = 216, 152


class HelpPage(QWidget):
    """Shows the guide. Links to chapters stay here; all others open in the system's browser.

    Signals:
        closed: The person goes back.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chapters: tuple[Chapter, ...] = ()
        self._shown: list[Chapter] = []
        self._chapter: Chapter | None = None
        self.search = QLineEdit(placeholderText=tr("Search the guide"), clearButtonEnabled=True)
        self.search.setAccessibleName(tr("Search the guide"))
        for button in self.search.findChildren(QToolButton):
            button.setAccessibleName(tr("Clear the search"))
        self.search.textChanged.connect(self._list)
        self._names = QStringListModel(self)
        self.list = QListView()
        self.list.setModel(self._names)
        self.list.setAccessibleName(tr("Chapters"))
        self.list.setProperty("plain", True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.selectionModel().currentChanged.connect(lambda index, _: self._choose(index.row()))
        self.view = ChapterView()
        self.view.chapter_wanted.connect(self.show_chapter)
        self._lay_out()
        theme().changed.connect(self._dress)
        self._dress()

    def open(self) -> None:
        """Read the guide, the first time, and show where the person left off."""
        if not self._chapters:
            self._chapters = tuple(read_guide())
            self._list("")
        self.search.setFocus()

    def show_chapter(self, name: str) -> None:
        """Show a chapter by its file's name."""
        self.open()
        chapter = next((each for each in self._chapters if each.file.name == name), None)
        if chapter is not None:
            self.search.clear()
            self.list.setCurrentIndex(self._names.index(self._chapters.index(chapter)))

    def _list(self, words: str) -> None:
        self._shown = find(self._chapters, words)
        self._names.setStringList([chapter.title for chapter in self._shown])
        if self._shown:
            row = self._shown.index(self._chapter) if self._chapter in self._shown else 0
            self.list.setCurrentIndex(self._names.index(row))
        elif not self._chapters:
            self.view.setPlainText(tr("The user guide is missing from this installation. Install Penjing again."))

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._shown):
            self._chapter = self._shown[row]
            self.view.show_chapter(self._chapter, self.search.text())

    def _lay_out(self) -> None:
        head = PageHead(tr("Help"))
        head.closed.connect(self.closed)
        self.search.setFixedWidth(240)
        head.addWidget(self.search)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(self.list)
        body.addWidget(self.view, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(16)
        column.addLayout(head)
        column.addLayout(body, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.list.setFixedWidth(LIST_WIDTH if self.width() >= WIDTH else NARROW_LIST_WIDTH)

    def _dress(self) -> None:
        if self._chapter is not None:
            self.view.show_chapter(self._chapter, self.search.text())


class ChapterView(QTextBrowser):
    """One chapter. Signals: chapter_wanted, with the file's name of a link that was clicked."""

    chapter_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._follow)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName(tr("Chapter"))
        self._folder = Path()

    def show_chapter(self, chapter: Chapter, marked: str) -> None:
        """Show a chapter from its beginning, or from where a searched word first is."""
        self._folder = chapter.file.parent
        self.document().setDefaultFont(theme().font(15))
        self.document().setMarkdown(chapter.text, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        self._space()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if marked.split():
            self.find(marked.split(maxsplit=1)[0])

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Pictures come from beside the chapter, and never from elsewhere; wide ones are made to fit."""
        name = QUrl(name)
        if kind != QTextDocument.ResourceType.ImageResource.value or not name.isRelative():
            return None
        image = QImage(str(self._folder / name.path()))
        if image.isNull():
            return None
        ratio = self.devicePixelRatioF()
        width = round(min(WIDTH, image.width()) * ratio)
        scaled = image.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
        scaled.setDevicePixelRatio(ratio)
        return scaled

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Lines of a readable length, whatever the window's width.
        self.setViewportMargins(0, 0, max(0, self.width() - WIDTH - 40), 0)
        super().resizeEvent(event)

    def _space(self) -> None:
        """Room between paragraphs, and headings in the program's sizes."""
        block = self.document().begin()
        while block.isValid():
            cursor = QTextCursor(block)
            level = block.blockFormat().headingLevel()
            shape = QTextBlockFormat(block.blockFormat())
            shape.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            if cursor.currentTable() is None:
                shape.setBottomMargin(8)
                shape.setTopMargin(16 if level > 1 else 0)
            cursor.setBlockFormat(shape)
            if level:
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                letters = cursor.charFormat()
                # Qt enlarges headings; these have the program's sizes.
                letters.clearProperty(QTextFormat.Property.FontSizeAdjustment.value)
                letters.setFont(theme().font(20 if level == 1 else 15, bold=level > 1))
                letters.setFontWeight(QFont.Weight.DemiBold if level > 1 else QFont.Weight.Normal)
                cursor.setCharFormat(letters)
            block = block.next()

    def _follow(self, link: QUrl) -> None:
        if link.isRelative() and link.path().endswith(".md"):
            self.chapter_wanted.emit(link.path())
        elif link.scheme() in ("https", "http"):
            QDesktopServices.openUrl(link)
