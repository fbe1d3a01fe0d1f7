"""Text as models write it, for the measurements of the chat: prose, lists, tables, formulas and code."""

from __future__ import annotations

from itertools import count

PROSE = (
    "A tree of likely continuations is drafted with something small and checked in **one pass** of the big model, "
    "whose weights stream from RAM or the drive. What the target agrees with is *accepted*; see `os.path.join` or "
    "[the paper](https://example.org/a_b) for more. The chance is $p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$.\n\n"
)
LIST = "- one thing\n- another, with `code`\n  - and one within\n- a third\n\n1. first\n2. second\n\n"
TABLE = "| source | nodes | accepted |\n|---|---:|---:|\n| model | 48 | 6 |\n| lookup | 12 | 2 |\n\n"
CODE = (
    "```python\ndef join(first: str, *others: str) -> str:\n"
    '    """Join path components."""\n'
    "    path = first\n    for other in others:\n        if other.startswith('/'):\n            path = other\n"
    "        elif not path or path.endswith('/'):\n            path += other\n        else:\n"
    "            path += '/' + other\n    return path\n```\n\n"
)
QUOTE = "> Weights come by request, through rings that a thread fills ahead.\n\n"


def markdown(size: int) -> str:
    """At least `size` characters of Markdown."""
    text, length = [], 0
    for number in count(1):
        for part in (f"## Part {number}\n\n", PROSE, LIST, PROSE, TABLE, CODE, QUOTE):
            text.append(part)
            length += len(part)
        if length >= size:
            return "".join(text)
    raise AssertionError("it never ends")


def long_code(size: int) -> str:
    """One box of code of `size` characters or more."""
    body = CODE.split("\n", 1)[1].rsplit("```", 1)[0]
    return "```python\n" + body * (size // len(body) + 1) + "```\n\n"
