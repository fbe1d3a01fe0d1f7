from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from app.style.palette import DARK, LIGHT, Palette, contrast

THEMES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
READABLE = 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(QColor("white"), QColor("black")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)


@THEMES
@pytest.mark.parametrize("token", ["ink", "muted", "accent", "ram", "ssd", "cache", "draft"])
@pytest.mark.parametrize("ground", ["ground", "surface", "well"])
def test_text_can_be_read_on_every_ground(palette: Palette, token: str, ground: str) -> None:
    assert contrast(getattr(palette, token), getattr(palette, ground)) >= READABLE


@THEMES
@pytest.mark.parametrize("ground", ["hover", "pressed", "selected"])
@pytest.mark.parametrize("token", ["ink", "muted"])
def test_text_can_be_read_on_a_control_in_use(palette: Palette, token: str, ground: str) -> None:
    assert contrast(getattr(palette, token), getattr(palette, ground)) >= READABLE


@THEMES
def test_text_can_be_read_on_the_primary_button(palette: Palette) -> None:
    assert contrast(palette.on_accent, palette.accent) >= READABLE


@THEMES
def test_text_can_be_read_on_what_was_looked_for(palette: Palette) -> None:
    assert contrast(palette.ink, palette.found) >= READABLE
