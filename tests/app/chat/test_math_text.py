from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from app.chat.markdown import parse
from app.chat.math_text import Script, math_runs
from app.chat.message_body import MessageBody

MARKS = {Script.BASE: "", Script.SUPER: "^", Script.SUB: "_"}


def plain(latex: str) -> str:
    """The formula in one line, raised and lowered parts marked."""
    return "".join(MARKS[script] + text for text, script, _ in math_runs(latex))


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        ("1+2", "1 + 2"),
        (r"\frac{1}{2}", "1⁄2"),
        (r"\frac{1+2}{3}", "(1 + 2)⁄3"),
        (r"10^{-3}", "10^−3"),
        (r"\sqrt{2}", "√2"),
        (r"\Sigma\leq\infty", "Σ ≤ ∞"),
        (r"\mathbb{R}^{12}", "ℝ^12"),
        (r"\text{a_b c}", "a_b c"),
        (r"\unknown", r"\unknown"),
        (r"\left(1\right)", "(1)"),
    ],
)
def test_formulas_read_as_in_print(latex: str, text: str) -> None:
    assert plain(latex) == text


def test_variables_are_italic_and_figures_are_not() -> None:
    assert math_runs("x_1") == [("x", Script.BASE, True), ("1", Script.SUB, False)]


@given(st.text(alphabet="\\{}^_&'$ax1 -=\n", max_size=30))
def test_no_formula_is_too_wrong_to_be_shown(latex: str) -> None:
    assert all(text is not None for text, _, _ in math_runs(latex))


def formulas(text: str) -> list[str]:
    tokens = [token for block in parse(text) for token in block.tokens]
    inside = [child for token in tokens for child in token.children or ()]
    return [token.content for token in (*tokens, *inside) if token.type.startswith("math")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("so $a_1$ and \\(b\\) and $$c$$", ["a_1", "b", "c"]),
        ("$$\na_1 * b_1 * c\n$$", ["a_1 * b_1 * c"]),
        ("before\n\\[ x \\]\nafter", ["x"]),
        ("it costs $5 and $6", []),
        ("`$a$` and \\$a$", []),
        ("$$ open\n\nnext", []),
        ("- item $x$\n- other", ["x"]),
    ],
)
def test_formulas_are_found_and_prices_are_not(text: str, found: list[str]) -> None:
    assert formulas(text) == found


def test_a_formula_is_shown_without_its_markup(qapp: QApplication) -> None:
    body = MessageBody()
    body.set_markdown("so $x_1 = \\alpha$ it is\n\n$$\n\\sum x\n$$\n")
    assert body.plain_text == "so x1 = α it is\n∑x"
