from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import app
from app.style.icons import FOLDER
from app.style.palette import DARK, LIGHT, Palette
from app.style.theme import Appearance, theme


@pytest.mark.parametrize(("appearance", "palette"), [(Appearance.LIGHT, LIGHT), (Appearance.DARK, DARK)])
def test_the_application_wears_the_theme_that_the_person_wants(
    qtbot: QtBot, appearance: Appearance, palette: Palette
) -> None:
    with qtbot.waitSignal(theme().changed):
        theme().wear(appearance)
    assert theme().palette is palette
    assert QApplication.palette().color(QPalette.ColorRole.Window) == palette.ground
    assert QApplication.palette().color(QPalette.ColorRole.WindowText) == palette.ink


def test_motion_is_reduced_when_the_person_says_so(qtbot: QtBot) -> None:
    theme().wear(Appearance.LIGHT, motion=False)
    assert theme().reduced_motion


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.svg")), ids=lambda file: file.stem)
def test_an_icon_draws_something_in_the_colour_asked_for(qapp: QApplication, file: Path) -> None:
    image = theme().icon(file.stem, 20, QColor("#123456")).pixmap(QSize(20, 20)).toImage()
    pixels = [image.pixelColor(x, y) for x in range(20) for y in range(20)]
    strongest = max(pixels, key=lambda pixel: pixel.alpha())
    assert strongest.alpha() > 100
    if "currentColor" in file.read_text(encoding="utf-8"):
        shade = (strongest.red(), strongest.green(), strongest.blue())
        assert shade == pytest.approx((0x12, 0x34, 0x56), abs=3)


def test_figures_are_tabular_and_the_font_is_as_large_as_asked(qapp: QApplication) -> None:
    metrics_font = theme().font(20, mono=True)
    assert metrics_font.pixelSize() == 20
    assert metrics_font.isFeatureSet(QFont.Tag("tnum"))


def test_nobody_but_the_style_names_a_colour() -> None:
    root = Path(app.__file__).parent
    offenders = [
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        if file.parent.name != "style"
        and re.search(r"""["']#[0-9a-fA-F]{3,8}["']|GlobalColor\.(?!transparent)""", file.read_text("utf-8"))
    ]
    assert offenders == []
