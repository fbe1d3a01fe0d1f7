"""Formulas in Markdown: `$…$` and `\\(…\\)` within a line, `$$…$$` and `\\[…\\]` as blocks of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

CLOSINGS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)", "$": "$"}


def enable_math(parser: MarkdownIt) -> None:
    """Have a parser make `math_inline` and `math_block` tokens, whose content is the formula's LaTeX."""
    parser.inline.ruler.before("escape", "math_inline", _inline)
    parser.block.ruler.before("fence", "math_block", _block, {"alt": ["paragraph", "blockquote", "list"]})


def _inline(state: StateInline, silent: bool) -> bool:
    opening = next((opening for opening in CLOSINGS if state.src.startswith(opening, state.pos)), None)
    if opening is None:
        return False
    start = state.pos + len(opening)
    end = _closing(state.src, start, state.posMax, opening)
    if end is None:
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = state.src[start:end].strip(), opening
    state.pos = end + len(opening)
    return True


def _closing(text: str, start: int, limit: int, opening: str) -> int | None:
    """Where a formula ends that begins at `start`; None if it is none.

    A dollar sign with a space inside of it, or before a figure, is about money.
    """
    money = opening == "$"
    if money and text[start : start + 1].isspace():
        return None
    end = text.find(CLOSINGS[opening], start, limit)
    while end >= 0:
        escaped = money and text[end - 1] == "\\"
        price = money and (text[end - 1].isspace() or text[end + 1 : end + 2].isdigit())
        if end > start and not escaped and not price:
            return end if "\n" not in text[start:end] or not money else None
        end = text.find(CLOSINGS[opening], end + 1, limit)
    return None


def _block(state: StateBlock, first: int, limit: int, silent: bool) -> bool:
    """From a line that begins with an opening to one that ends with its closing, or else to the next empty line.

    Where it ends does not depend on whether it is closed, so that no text to come changes what stands before.
    """
    if state.is_code_block(first):
        return False
    opening = next((opening for opening in ("$$", "\\[") if _line(state, first).startswith(opening)), None)
    if opening is None:
        return False
    if silent:
        return True
    lines = [_line(state, first)[len(opening) :]]
    line = first + 1
    while not lines[-1].endswith(CLOSINGS[opening]) and _continues(state, line, limit):
        lines.append(_line(state, line))
        line += 1
    state.line = line
    if lines[-1].endswith(CLOSINGS[opening]):
        token = state.push("math_block", "math", 0)
        token.content, token.markup = "\n".join(lines).removesuffix(CLOSINGS[opening]).strip(), opening
        token.map = [first, line]
    else:
        _push_paragraph(state, opening + "\n".join(lines), first, line)
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _continues(state: StateBlock, line: int, limit: int) -> bool:
    return line < limit and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent


def _push_paragraph(state: StateBlock, text: str, first: int, end: int) -> None:
    token = state.push("paragraph_open", "p", 1)
    token.map = [first, end]
    token = state.push("inline", "", 0)
    token.content, token.map, token.children = text.strip(), [first, end], []
    state.push("paragraph_close", "p", -1)
