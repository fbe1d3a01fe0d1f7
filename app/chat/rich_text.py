"""Writes Markdown blocks into a text document, and notes where each piece of text came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtGui import QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument, QTextList, QTextListFormat

from app.chat import text_formats
from app.chat.highlight import highlighted
from app.chat.markdown import Block
from app.chat.math_text import Script, math_runs
from app.chat.source_map import Span, Tracer
from app.chat.text_formats import CODE_PADDING, CODE_PX, INDENT, PARAGRAPH_GAP, QUOTE_INDENT, TEXT_PX, TextFormats
from app.style.theme import Theme

if TYPE_CHECKING:
    from markdown_it.token import Token

UNUSED, _USED = -1, 1
"""User states of a block that waits to be written into, and of one that something was written into, be it nothing: an
empty list item, an empty line of code."""


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
class Written:
    """What `RichTextWriter.write` wrote: what is to be drawn behind it, and where its text came from."""

    backdrops: list[Backdrop] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


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
        return INDENT * len(self.lists) + QUOTE_INDENT * len(self.quotes)


class RichTextWriter:
    """Appends blocks to a document. Its last block is either used or, at first, unused and empty."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        document.setIndentWidth(INDENT)
        document.setDocumentMargin(0)
        self._formats = TextFormats(theme)
        self._cursor = QTextCursor(document)
        self._tracer = Tracer("", 0)

    def write(self, blocks: Sequence[Block], start: int) -> Written:
        """Append blocks whose Markdown begins at `start` of the whole."""
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        written = Written()
        self._cursor.beginEditBlock()
        for block in blocks:
            self._tracer = Tracer(block.source, start)
            self._write_block(block.tokens, written.backdrops)
            written.spans += self._tracer.spans
            start += len(block.source)
        self._cursor.endEditBlock()
        return written

    def extend_code(self, block: Block, box: Backdrop) -> Written:
        """Write what a box of code at the end has grown by: its last line anew, and those after it.

        Args:
            block: The box as it is now; the same that was written last, but for its end.
            box: What that made.
        """
        assert block.code is not None
        assert box.code is not None
        code = block.code.content.removesuffix("\n")
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._cursor.beginEditBlock()
        self._cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock, QTextCursor.MoveMode.KeepAnchor)
        self._cursor.removeSelectedText()
        self._cursor.setBlockFormat(text_formats.code_line(box.indent))
        self._tracer.go_back(self._cursor.position(), block.source)
        self._write_code_text(code[box.code.rfind("\n") + 1 :], _language(block.code), box.indent)
        self._cursor.endEditBlock()
        return Written([Backdrop(box.first, self._cursor.blockNumber(), code, box.indent)], list(self._tracer.spans))

    def write_plain(self, text: str) -> None:
        """Append text as it is, one paragraph a line."""
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._begin(text_formats.paragraph())
        self._cursor.insertText(text, self._formats.characters())

    def _write_block(self, tokens: Sequence[Token], backdrops: list[Backdrop]) -> None:
        context = _Context()
        position = 0
        while position < len(tokens):
            token = tokens[position]
            match token.type:
                case "paragraph_open":
                    gap = 2.0 if token.hidden else PARAGRAPH_GAP
                    self._begin_text(context, text_formats.paragraph(context.indent, gap))
                case "heading_open":
                    self._begin_text(context, text_formats.heading(context.indent))
                case "inline":
                    size = text_formats.heading_size(tokens[position - 1])
                    quoted = bool(context.quotes)
                    self._write_inline(
                        token, self._formats.characters(size or TEXT_PX, bold=size is not None, quoted=quoted)
                    )
                case "fence" | "code_block":
                    backdrops.append(self._write_code(context, token))
                case "math_block":
                    self._begin_text(context, text_formats.paragraph(context.indent + INDENT))
                    self._write_math(token, self._formats.characters())
                case "hr":
                    self._begin_text(context, self._formats.rule(context.indent))
                case "table_open":
                    position = self._write_table(context, tokens, position)
                case _:
                    self._nest(context, token, backdrops)
            position += 1

    def _nest(self, context: _Context, token: Token, backdrops: list[Backdrop]) -> None:
        """Go into or out of a list, one of its items, or a quote."""
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                context.lists.append(_ListLevel(text_formats.list_format(token, len(context.lists))))
            case "bullet_list_close" | "ordered_list_close":
                context.lists.pop()
                if not context.lists:
                    self._cursor.mergeBlockFormat(text_formats.bottom_margin(PARAGRAPH_GAP))
            case "list_item_open":
                context.lists[-1].item_waits = True
            case "list_item_close" if context.lists[-1].item_waits:
                self._begin_text(context, text_formats.paragraph(context.indent, 2.0))
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
        characters = self._formats.characters()
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
        block.setLeftMargin(QUOTE_INDENT * len(context.quotes))
        self._begin(block)
        level.item_waits = False
        if level.made is None:
            level.made = self._cursor.createList(level.format)
        else:
            level.made.add(self._cursor.block())

    def _insert(self, text: str, characters: QTextCharFormat, spelled: str = "") -> None:
        """Write text; `spelled` is what stands for it in the Markdown, if not itself."""
        self._tracer.write(self._cursor.position(), text, spelled)
        self._cursor.insertText(text, characters)

    def _write_inline(self, token: Token, base: QTextCharFormat) -> None:
        formats = [base]
        links: list[str] = []
        for child in token.children or ():
            match child.type:
                case "text":
                    self._insert(child.content, formats[-1])
                case "text_special":
                    self._insert(child.content, formats[-1], child.markup)
                case "softbreak":
                    self._insert(" ", formats[-1], "\n")
                case "hardbreak":
                    self._insert("\u2028", formats[-1], "\n")
                case "code_inline":
                    self._insert(child.content, self._formats.inline_code(formats[-1]))
                case "math_inline":
                    self._write_math(child, formats[-1])
                case "strong_open" | "em_open" | "s_open" | "link_open":
                    formats.append(self._formats.nested(formats[-1], child))
                    links.append(str(child.attrs.get("href", "")) if child.info != "auto" else "")
                case "strong_close" | "em_close" | "s_close" | "link_close":
                    formats.pop()
                    self._tracer.skip(links.pop())

    def _write_math(self, token: Token, base: QTextCharFormat) -> None:
        """A formula, as near to print as text comes; how it is spelled shows when the pointer is on it."""
        for text, script, italic in math_runs(token.content):
            characters = QTextCharFormat(base)
            characters.setFontItalic(italic)
            characters.setToolTip(token.content)
            if script is not Script.BASE:
                raised = script is Script.SUPER
                kinds = QTextCharFormat.VerticalAlignment
                characters.setVerticalAlignment(kinds.AlignSuperScript if raised else kinds.AlignSubScript)
            self._cursor.insertText(text, characters)
        self._tracer.skip(token.content)

    def _write_code(self, context: _Context, token: Token) -> Backdrop:
        language = _language(token)
        code = token.content.removesuffix("\n")
        self._begin_text(context, text_formats.code_title(context.indent))
        first = self._cursor.blockNumber()
        self._tracer.skip(token.info)
        self._cursor.insertText(language or "text", self._formats.code_title())
        self._begin(text_formats.code_line(context.indent))
        self._write_code_text(code, language, context.indent)
        return Backdrop(first, self._cursor.blockNumber(), code, context.indent)

    def _write_code_text(self, code: str, language: str, indent: float) -> None:
        """Write code into an empty line and those that follow it."""
        line = text_formats.code_line(indent)
        for text, kind in highlighted(code, language):
            for index, part in enumerate(text.split("\n")):
                if index:
                    self._cursor.insertBlock(line, self._formats.code[kind])
                    self._cursor.block().setUserState(_USED)
                self._insert(part, self._formats.code[kind])
        self._cursor.mergeBlockFormat(text_formats.bottom_margin(CODE_PADDING + PARAGRAPH_GAP))

    def _write_table(self, context: _Context, tokens: Sequence[Token], start: int) -> int:
        """Write the table that opens at `start`; where it closes."""
        end = next(i for i in range(start, len(tokens)) if tokens[i].type == "table_close")
        rows: list[list[tuple[Token, Token]]] = []
        for index in range(start, end):
            if tokens[index].type == "tr_open":
                rows.append([])
            elif tokens[index].type == "inline":
                rows[-1].append((tokens[index - 1], tokens[index]))
        self._begin(text_formats.no_height())
        self._cursor.setBlockCharFormat(self._formats.characters(1))
        table = self._cursor.insertTable(len(rows), len(rows[0]), self._formats.table(context.indent))
        outer = self._cursor
        for row, cells in enumerate(rows):
            for column, (opening, text) in enumerate(cells):
                self._cursor = table.cellAt(row, column).firstCursorPosition()
                self._cursor.setBlockFormat(text_formats.aligned(opening))
                self._write_inline(text, self._formats.characters(CODE_PX, bold=row == 0))
        self._cursor = outer
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._cursor.block().setUserState(_USED)
        self._cursor.setBlockFormat(text_formats.no_height())
        self._cursor.setBlockCharFormat(self._formats.characters(1))
        return end


def _language(fence: Token) -> str:
    """What a box of code says it is written in; "" if it does not."""
    return fence.info.split()[0] if fence.info.split() else ""
