"""Colours source code by what its tokens are."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

LONGEST = 40_000
"""Characters beyond which code stays plain: colouring must not hold up the window."""


class Kind(Enum):
    """What a piece of source code is, as far as its colour goes."""

    PLAIN = "plain"
    KEYWORD = "keyword"
    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    COMMENT = "comment"


def highlighted(code: str, language: str) -> Iterator[tuple[str, Kind]]:
    """The code in pieces. Code in a language that is not known, and very long code, is one plain piece."""
    from pygments.lexers import get_lexer_by_name  # Only now: the window shows before it is needed.
    from pygments.token import Comment, Keyword, Name, Number, Operator, String
    from pygments.util import ClassNotFound

    kinds: tuple[tuple[Any, Kind], ...] = (
        (Comment, Kind.COMMENT),
        (Keyword, Kind.KEYWORD),
        (Operator.Word, Kind.KEYWORD),
        (Name.Function, Kind.NAME),
        (Name.Class, Kind.NAME),
        (Name.Builtin, Kind.NAME),
        (Name.Decorator, Kind.NAME),
        (String, Kind.STRING),
        (Number, Kind.NUMBER),
    )
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        lexer = None
    if lexer is None or len(code) > LONGEST:
        yield code, Kind.PLAIN
        return
    for token, text in lexer.get_tokens(code):
        yield text, next((kind for parent, kind in kinds if token in parent), Kind.PLAIN)
