"""Pictures of the whole tree: PNG and SVG, small and large, and what happens where they cannot be written."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

from app.style.theme import Appearance, theme
from app.tree.picture import SCALE, save_picture
from app.tree.scene import Drawing, Scene
from core.errors import PictureNotSaved
from tests.app.tree.steps import grown_step, small_step


@pytest.fixture(autouse=True)
def dressed(qtbot: QtBot) -> None:
    theme().wear(Appearance.LIGHT, motion=False)


def test_a_png_is_sharp_and_shows_the_accepted_path(tmp_path: Path) -> None:
    file = tmp_path / "step.png"
    save_picture(Scene(small_step(), (" a", " b")), file)
    image = QImage(str(file))
    assert image.width() >= 420 * SCALE
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert {theme().palette.accent.name(), theme().palette.draft.name(), theme().palette.surface.name()} <= colours


def test_an_svg_is_one_and_tells_the_step_in_words(tmp_path: Path) -> None:
    file = tmp_path / "step.svg"
    save_picture(Scene(small_step(), ()), file)
    assert QSvgRenderer(str(file)).isValid()
    texts = [element.text or "" for element in ElementTree.parse(file).iter()]
    assert any("5 nodes drafted" in text for text in texts)


@pytest.mark.parametrize("drawing", [Drawing.GRAPH, Drawing.ICICLE])
def test_a_huge_tree_becomes_a_picture_that_programs_still_open(tmp_path: Path, drawing: Drawing) -> None:
    file = tmp_path / "huge.png"
    save_picture(Scene(grown_step(2048), (), drawing), file)
    image = QImage(str(file))
    assert not image.isNull()
    assert max(image.width(), image.height()) < 17_000


@pytest.mark.parametrize("name", ["step.png", "step.svg"])
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(PictureNotSaved, match="cannot be written"):
        save_picture(Scene(small_step(), ()), tmp_path / "none" / name)
