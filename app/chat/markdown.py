"""Splits growing Markdown into blocks that can no longer change and an open tail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from app.chat.math_rules import enable_math

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # Only now: the window shows before it is needed.

    # Without HTML, images and reference links: a model's text must not load anything, and no later line may change the
    # meaning of an earlier block.
    # Escaped characters stay tokens of their own, so that all text can be found again in the Markdown.
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline", "image", "reference", "text_join"])
    enable_math(parser)
    return parser


def prepare() -> None:
    """Load what the first message that is shown would wait for."""
    from app.chat.highlight import highlighted

    list(highlighted("prepared = True", "python"))
    _parser().parse("*prepared*")


@dataclass(frozen=True)
class Block:
    """A top-level block: its Markdown and its tokens."""

    source: str
    tokens: tuple[Token, ...]

    @property
    def code(self) -> Token | None:
        """The fenced box of code that this is; None if it is something else."""
        return self.tokens[0] if len(self.tokens) == 1 and self.tokens[0].type == "fence" else None

    @property
    def is_closed_code(self) -> bool:
        """Whether this is a fenced box of code with its end."""
        code = self.code
        if code is None:
            return False
        opening, *others = self.source.strip("\n").split("\n")
        last = others[-1].strip() if others else ""
        return len(last) >= len(code.markup) and not last.strip(code.markup[0]) and bool(opening)


def parse(text: str) -> list[Block]:
    """The top-level blocks of `text`.

    Each one's source reaches up to where the next begins, the last one's to the end, the first one's from the start:
    joined, they are the text.
    """
    groups: list[list[Token]] = []
    starts: list[int] = []
    for token in _parser().parse(text):
        if token.level == 0 and token.nesting >= 0:
            assert token.map is not None
            groups.append([])
            starts.append(token.map[0])
        groups[-1].append(token)
    lines = text.split("\n")
    bounds = [0, *starts[1:], len(lines)]
    sources = ("\n".join(lines[start:end]) + "\n" for start, end in pairwise(bounds))
    blocks = [Block(source, tuple(group)) for source, group in zip(sources, groups, strict=False)]
    if blocks:
        last = blocks.pop()
        blocks.append(Block(last.source.removesuffix("\n"), last.tokens))
    return blocks


class BlockStream:
    """Markdown that grows at its end.

    A block is finished once another has begun after it on a line that is complete, or if it is code, with the line that
    closes it: no text to come can change it then, and it is never parsed again.
    """

    def __init__(self) -> None:
        self._tail = ""
        self._new_lines = False

    def add(self, text: str) -> None:
        text = text.replace("\r", "")
        self._tail += text
        self._new_lines = self._new_lines or "\n" in text

    def advance(self) -> tuple[list[Block], list[Block]]:
        """Blocks that were finished since the last time, and those of the tail as it now stands."""
        finished: list[Block] = []
        if self._new_lines:
            finished = parse(self._tail[: self._tail.rfind("\n")])
            if finished and not finished[-1].is_closed_code:
                finished.pop()
            self._tail = self._tail[sum(len(block.source) for block in finished) :]
            self._new_lines = False
        return finished, parse(self._tail)
