"""Writes Markdown blocks into a text document in the theme's type and colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtGui import (
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextLength,
    QTextList,
    QTextListFormat,
    QTextTable,
    QTextTableFormat,
)

from app.chat.highlight import Kind, highlighted
from app.chat.markdown import Block
from app.style.theme import Theme

if TYPE_CHECKING:
    from markdown_it.token import Token

TEXT_PX = 15
CODE_PX = 13
HEADING_PX = {1: 20, 2: 17}
LINE_PX = 23.0
CODE_LINE_PX = 19.0
PARAGRAPH_GAP = 8.0
INDENT = 24.0
CODE_PADDING = 12.0
CODE_TITLE_PX = 11
_BULLETS = (
    QTextListFormat.Style.ListDisc,
    QTextListFormat.Style.ListCircle,
    QTextListFormat.Style.ListSquare,
)


@dataclass(frozen=True)
class Backdrop:
    """Blocks of the document that something is drawn behind: a code box, or a quote's bar.

    Attributes:
        first, last: Numbers of the document's blocks. A code box's first block is its title.
        code: The source code; None for a quote.
        indent: How far from the left it begins, in pixels.
    """

    first: int
    last: int
    code: str | None
    indent: float


@dataclass
class _ListLevel:
    format: QTextListFormat
    made: QTextList | None = None
    item_waits: bool = False


@dataclass
class _Context:
    """Where in the nesting of blocks the writer is."""

    lists: list[_ListLevel] = field(default_factory=list)
    quotes: list[int] = field(default_factory=list)

    @property
    def indent(self) -> float:
        return INDENT * len(self.lists) + 16.0 * len(self.quotes)


class RichTextWriter:
    """Appends blocks to a document. Its last block is either used or, at first, unused and empty."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        document.setIndentWidth(INDENT)
        document.setDocumentMargin(0)
        self._document = document
        self._theme = theme
        self._cursor = QTextCursor(document)

    def write(self, blocks: Sequence[Block]) -> list[Backdrop]:
        """Append blocks; what is to be drawn behind them."""
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        backdrops: list[Backdrop] = []
        self._cursor.beginEditBlock()
        for block in blocks:
            self._write_block(block.tokens, backdrops)
        self._cursor.endEditBlock()
        return backdrops

    def write_plain(self, text: str) -> None:
        """Append text as it is, one paragraph a line."""
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._begin(self._paragraph(_Context(), gap=PARAGRAPH_GAP))
        self._cursor.insertText(text, self._characters())

    def _write_block(self, tokens: Sequence[Token], backdrops: list[Backdrop]) -> None:
        context = _Context()
        position = 0
        while position < len(tokens):
            token = tokens[position]
            match token.type:
                case "paragraph_open":
                    self._begin_text(context, self._paragraph(context, 2.0 if token.hidden else PARAGRAPH_GAP))
                case "heading_open":
                    self._begin_text(context, self._heading(context))
                case "inline":
                    size = _heading_size(tokens[position - 1])
                    self._write_inline(token, self._characters(size or TEXT_PX, bold=size is not None, context=context))
                case "fence" | "code_block":
                    backdrops.append(self._write_code(context, token))
                case "hr":
                    self._write_rule(context)
                case "table_open":
                    position = self._write_table(context, tokens, position)
                case _:
                    self._nest(context, token, backdrops)
            position += 1

    def _nest(self, context: _Context, token: Token, backdrops: list[Backdrop]) -> None:
        """Go into or out of a list, one of its items, or a quote."""
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                context.lists.append(_ListLevel(_list_format(token, len(context.lists))))
            case "bullet_list_close" | "ordered_list_close":
                context.lists.pop()
                if not context.lists:
                    self._cursor.mergeBlockFormat(_bottom_margin(PARAGRAPH_GAP))
            case "list_item_open":
                context.lists[-1].item_waits = True
            case "list_item_close" if context.lists[-1].item_waits:
                self._begin_text(context, self._paragraph(context, 2.0))
            case "blockquote_open":
                context.quotes.append(self._next_block_number())
            case "blockquote_close":
                first = context.quotes.pop()
                backdrops.append(Backdrop(first, self._cursor.blockNumber(), None, context.indent))

    def _next_block_number(self) -> int:
        return self._cursor.blockNumber() + (0 if self._fresh else 1)

    @property
    def _fresh(self) -> bool:
        """Whether the document ends in a block that waits to be used."""
        return self._cursor.block().userState() == UNUSED

    def _begin(self, block: QTextBlockFormat) -> None:
        characters = self._characters()
        if self._fresh:
            self._cursor.setBlockFormat(block)
            self._cursor.setBlockCharFormat(characters)
        else:
            self._cursor.insertBlock(block, characters)
        self._cursor.block().setUserState(_USED)

    def _begin_text(self, context: _Context, block: QTextBlockFormat) -> None:
        level = context.lists[-1] if context.lists else None
        if level is None or not level.item_waits:
            self._begin(block)
            return
        # The list itself indents its items.
        block.setLeftMargin(16.0 * len(context.quotes))
        self._begin(block)
        level.item_waits = False
        if level.made is None:
            level.made = self._cursor.createList(level.format)
        else:
            level.made.add(self._cursor.block())

    def _paragraph(self, context: _Context, gap: float) -> QTextBlockFormat:
        block = QTextBlockFormat()
        block.setLineHeight(LINE_PX, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        block.setBottomMargin(gap)
        block.setLeftMargin(context.indent)
        return block

    def _heading(self, context: _Context) -> QTextBlockFormat:
        block = self._paragraph(context, 4.0)
        block.setTopMargin(12.0)
        return block

    def _characters(
        self, px: int = TEXT_PX, mono: bool = False, bold: bool = False, context: _Context | None = None
    ) -> QTextCharFormat:
        characters = QTextCharFormat()
        characters.setFont(self._theme.font(px, mono=mono, bold=bold))
        quoted = context is not None and bool(context.quotes)
        characters.setForeground(self._theme.palette.muted if quoted else self._theme.palette.ink)
        return characters

    def _write_inline(self, token: Token, base: QTextCharFormat) -> None:
        formats = [base]
        for child in token.children or ():
            match child.type:
                case "text":
                    self._cursor.insertText(child.content, formats[-1])
                case "softbreak":
                    self._cursor.insertText(" ", formats[-1])
                case "hardbreak":
                    self._cursor.insertText("\u2028", formats[-1])
                case "code_inline":
                    self._cursor.insertText(child.content, self._inline_code(formats[-1]))
                case "strong_open" | "em_open" | "s_open" | "link_open":
                    formats.append(self._nested(formats[-1], child))
                case "strong_close" | "em_close" | "s_close" | "link_close":
                    formats.pop()

    def _nested(self, outer: QTextCharFormat, token: Token) -> QTextCharFormat:
        inner = QTextCharFormat(outer)
        match token.type:
            case "strong_open":
                inner.setFontWeight(QFont.Weight.DemiBold)
            case "em_open":
                inner.setFontItalic(True)
            case "s_open":
                inner.setFontStrikeOut(True)
            case "link_open":
                inner.setAnchor(True)
                inner.setAnchorHref(str(token.attrs.get("href", "")))
                inner.setForeground(self._theme.palette.ram)
                inner.setFontUnderline(True)
        return inner

    def _inline_code(self, outer: QTextCharFormat) -> QTextCharFormat:
        code = QTextCharFormat(outer)
        font = self._theme.font(max(CODE_PX, outer.font().pixelSize() - 2), mono=True)
        font.setWeight(outer.font().weight())
        code.setFont(font)
        code.setForeground(outer.foreground())
        code.setBackground(self._theme.palette.well)
        return code

    def _write_code(self, context: _Context, token: Token) -> Backdrop:
        language = token.info.split()[0] if token.info.split() else ""
        code = token.content.removesuffix("\n")
        title = QTextBlockFormat()
        title.setLeftMargin(context.indent + CODE_PADDING)
        title.setTopMargin(12.0)
        title.setBottomMargin(8.0)
        title.setLineHeight(20.0, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        self._begin_text(context, title)
        first = self._cursor.blockNumber()
        caption = self._characters(CODE_TITLE_PX)
        caption.setForeground(self._theme.palette.muted)
        self._cursor.insertText(language or "text", caption)
        self._write_code_lines(context, code, language)
        self._cursor.mergeBlockFormat(_bottom_margin(CODE_PADDING + PARAGRAPH_GAP))
        return Backdrop(first, self._cursor.blockNumber(), code, context.indent)

    def _write_code_lines(self, context: _Context, code: str, language: str) -> None:
        line = QTextBlockFormat()
        line.setLeftMargin(context.indent + CODE_PADDING)
        line.setRightMargin(CODE_PADDING)
        line.setLineHeight(CODE_LINE_PX, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        palette = self._theme.palette
        colours = {
            Kind.PLAIN: palette.ink,
            Kind.KEYWORD: palette.cache,
            Kind.NAME: palette.ram,
            Kind.STRING: palette.accent,
            Kind.NUMBER: palette.ssd,
            Kind.COMMENT: palette.muted,
        }
        formats = {}
        for kind, colour in colours.items():
            formats[kind] = self._characters(CODE_PX, mono=True)
            formats[kind].setForeground(colour)
        self._begin(line)
        for text, kind in highlighted(code, language):
            for index, part in enumerate(text.split("\n")):
                if index:
                    self._cursor.insertBlock(line, formats[Kind.PLAIN])
                    self._cursor.block().setUserState(_USED)
                self._cursor.insertText(part, formats[kind])

    def _write_rule(self, context: _Context) -> None:
        block = self._paragraph(context, PARAGRAPH_GAP)
        full = QTextLength(QTextLength.Type.PercentageLength, 100)
        block.setProperty(QTextBlockFormat.Property.BlockTrailingHorizontalRulerWidth, full)
        block.setProperty(QTextBlockFormat.Property.BackgroundBrush, self._theme.palette.line)
        self._begin_text(context, block)

    def _write_table(self, context: _Context, tokens: Sequence[Token], start: int) -> int:
        """Write the table that opens at `start`; where it closes."""
        end = next(i for i in range(start, len(tokens)) if tokens[i].type == "table_close")
        rows: list[list[Token]] = []
        for index in range(start, end):
            if tokens[index].type == "tr_open":
                rows.append([])
            elif tokens[index].type == "inline":
                rows[-1].append(tokens[index])
        self._begin(_no_height())
        self._cursor.setBlockCharFormat(self._characters(1))
        table = self._cursor.insertTable(len(rows), len(rows[0]), self._table_format(context))
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                self._write_cell(table, row, column, cell)
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._cursor.block().setUserState(_USED)
        self._cursor.setBlockFormat(_no_height())
        self._cursor.setBlockCharFormat(self._characters(1))
        return end

    def _table_format(self, context: _Context) -> QTextTableFormat:
        table = QTextTableFormat()
        table.setBorder(1)
        table.setBorderBrush(self._theme.palette.line)
        table.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        table.setBorderCollapse(True)
        table.setCellPadding(6)
        table.setCellSpacing(0)
        table.setTopMargin(4)
        table.setBottomMargin(PARAGRAPH_GAP)
        table.setLeftMargin(context.indent)
        return table

    def _write_cell(self, table: QTextTable, row: int, column: int, cell: Token) -> None:
        outer = self._cursor
        self._cursor = table.cellAt(row, column).firstCursorPosition()
        self._write_inline(cell, self._characters(CODE_PX, bold=row == 0))
        self._cursor = outer


UNUSED, _USED = -1, 1
"""User states of a block that waits to be written into, and of one that something was written into, be it nothing: an
empty list item, an empty line of code."""


def _heading_size(opening: Token) -> int | None:
    if opening.type != "heading_open":
        return None
    return HEADING_PX.get(int(opening.tag[1]), TEXT_PX)


def _list_format(token: Token, depth: int) -> QTextListFormat:
    shape = QTextListFormat()
    shape.setIndent(depth + 1)
    if token.type == "ordered_list_open":
        shape.setStyle(QTextListFormat.Style.ListDecimal)
        shape.setStart(int(token.attrs.get("start", 1)))
    else:
        shape.setStyle(_BULLETS[min(depth, 2)])
    return shape


def _bottom_margin(px: float) -> QTextBlockFormat:
    block = QTextBlockFormat()
    block.setBottomMargin(px)
    return block


def _no_height() -> QTextBlockFormat:
    block = QTextBlockFormat()
    block.setLineHeight(1.0, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    return block
