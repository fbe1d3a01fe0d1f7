"""The type of a message: paragraphs, headings, lists, code and tables in the theme's fonts and colours."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextFrameFormat,
    QTextLength,
    QTextListFormat,
    QTextTableFormat,
)

from app.chat.highlight import Kind
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
QUOTE_INDENT = 16.0
CODE_PADDING = 12.0
CODE_TITLE_PX = 11
_BULLETS = (
    QTextListFormat.Style.ListDisc,
    QTextListFormat.Style.ListCircle,
    QTextListFormat.Style.ListSquare,
)
_ALIGNMENTS = {
    "text-align:left": Qt.AlignmentFlag.AlignLeft,
    "text-align:center": Qt.AlignmentFlag.AlignHCenter,
    "text-align:right": Qt.AlignmentFlag.AlignRight,
}


class TextFormats:
    """The formats of one theme, as it is now."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.code = {kind: self._code(kind) for kind in Kind}

    def characters(
        self, px: int = TEXT_PX, mono: bool = False, bold: bool = False, quoted: bool = False
    ) -> QTextCharFormat:
        characters = QTextCharFormat()
        characters.setFont(self._theme.font(px, mono=mono, bold=bold))
        characters.setForeground(self._theme.palette.muted if quoted else self._theme.palette.ink)
        return characters

    def nested(self, outer: QTextCharFormat, token: Token) -> QTextCharFormat:
        """Characters within what a token opens: strong, emphasis, strikethrough or a link."""
        inner = QTextCharFormat(outer)
        match token.type:
            case "strong_open":
                inner.setFontWeight(QFont.Weight.DemiBold)
            case "em_open":
                inner.setFontItalic(True)
            case "s_open":
                inner.setFontStrikeOut(True)
            case "link_open":
                address = str(token.attrs.get("href", ""))
                inner.setAnchor(True)
                inner.setAnchorHref(address)
                inner.setToolTip(address)
                inner.setForeground(self._theme.palette.ram)
                inner.setFontUnderline(True)
        return inner

    def inline_code(self, outer: QTextCharFormat) -> QTextCharFormat:
        code = QTextCharFormat(outer)
        font = self._theme.font(max(CODE_PX, outer.font().pixelSize() - 2), mono=True)
        font.setWeight(outer.font().weight())
        code.setFont(font)
        code.setForeground(outer.foreground())
        code.setBackground(self._theme.palette.well)
        return code

    def code_title(self) -> QTextCharFormat:
        caption = self.characters(CODE_TITLE_PX)
        caption.setForeground(self._theme.palette.muted)
        return caption

    def rule(self, indent: float) -> QTextBlockFormat:
        """A paragraph that is a horizontal line."""
        block = paragraph(indent)
        full = QTextLength(QTextLength.Type.PercentageLength, 100)
        block.setProperty(QTextBlockFormat.Property.BlockTrailingHorizontalRulerWidth, full)
        block.setProperty(QTextBlockFormat.Property.BackgroundBrush, self._theme.palette.line)
        return block

    def table(self, indent: float) -> QTextTableFormat:
        table = QTextTableFormat()
        table.setBorder(1)
        table.setBorderBrush(self._theme.palette.line)
        table.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        table.setBorderCollapse(True)
        table.setCellPadding(6)
        table.setCellSpacing(0)
        table.setTopMargin(4)
        table.setBottomMargin(PARAGRAPH_GAP)
        table.setLeftMargin(indent)
        return table

    def _code(self, kind: Kind) -> QTextCharFormat:
        palette = self._theme.palette
        code = self.characters(CODE_PX, mono=True)
        code.setForeground(
            {
                Kind.PLAIN: palette.ink,
                Kind.KEYWORD: palette.cache,
                Kind.NAME: palette.ram,
                Kind.STRING: palette.accent,
                Kind.NUMBER: palette.ssd,
                Kind.COMMENT: palette.muted,
            }[kind]
        )
        return code


def paragraph(indent: float = 0.0, gap: float = PARAGRAPH_GAP) -> QTextBlockFormat:
    block = QTextBlockFormat()
    block.setLineHeight(LINE_PX, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
    block.setBottomMargin(gap)
    block.setLeftMargin(indent)
    return block


def heading(indent: float) -> QTextBlockFormat:
    block = paragraph(indent, 4.0)
    block.setTopMargin(12.0)
    return block


def heading_size(opening: Token) -> int | None:
    """Pixels of the type of a heading; None if it is not a heading that opens."""
    if opening.type != "heading_open":
        return None
    return HEADING_PX.get(int(opening.tag[1]), TEXT_PX)


def code_title(indent: float) -> QTextBlockFormat:
    title = QTextBlockFormat()
    title.setLeftMargin(indent + CODE_PADDING)
    title.setTopMargin(12.0)
    title.setBottomMargin(8.0)
    title.setLineHeight(20.0, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
    return title


def code_line(indent: float) -> QTextBlockFormat:
    line = QTextBlockFormat()
    line.setLeftMargin(indent + CODE_PADDING)
    line.setRightMargin(CODE_PADDING)
    line.setLineHeight(CODE_LINE_PX, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
    return line


def list_format(token: Token, depth: int) -> QTextListFormat:
    """The list that a token opens within `depth` others."""
    shape = QTextListFormat()
    shape.setIndent(depth + 1)
    if token.type == "ordered_list_open":
        shape.setStyle(QTextListFormat.Style.ListDecimal)
        shape.setStart(int(token.attrs.get("start", 1)))
    else:
        shape.setStyle(_BULLETS[min(depth, 2)])
    return shape


def aligned(cell: Token) -> QTextBlockFormat:
    """The paragraph of a table's cell, by the token that opens the cell."""
    block = QTextBlockFormat()
    block.setAlignment(_ALIGNMENTS.get(str(cell.attrs.get("style", "")), Qt.AlignmentFlag.AlignLeft))
    return block


def bottom_margin(px: float) -> QTextBlockFormat:
    block = QTextBlockFormat()
    block.setBottomMargin(px)
    return block


@cache
def no_height() -> QTextBlockFormat:
    """The lines that Qt wants before and after a table."""
    block = QTextBlockFormat()
    block.setLineHeight(1.0, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    return block
