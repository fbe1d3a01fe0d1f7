"""The whole tree of a step as a picture file, PNG or SVG, with its words and its key."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPaintDevice, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.style.theme import theme
from app.tree.camera import COLUMN, NARROWEST, ROW, Camera
from app.tree.graph_paint import paint_graph, paint_spine
from app.tree.icicle_paint import paint_icicle
from app.tree.ink import Ink
from app.tree.legend import Legend
from app.tree.scene import Scene
from app.tree.wording import describe
from core.errors import PictureNotSaved

SCALE = 2.0
"""Pixels of a PNG for each of the screen: sharp in print and on fine screens."""

_LARGEST = 10_000
"""Pixels of a side of a PNG that every viewer still opens; a larger tree is drawn smaller. An SVG may be any size."""

_QUICK = 80
"""What Qt calls the quality of a PNG: how little it is compressed. None of it is lost; 80 is four times as fast."""

_MARGIN, _WORDS = 16, 40
_ICICLE_HEIGHT = 720


def save_picture(scene: Scene, path: Path) -> None:
    """Write the picture; the name's ending says which kind.

    Raises:
        PictureNotSaved: The file cannot be written.
    """
    vector = path.suffix.lower() == ".svg"
    size, camera = _framed(scene, math.inf if vector else _LARGEST / SCALE)
    legend = Legend()
    legend.show_scene(scene)
    legend.resize(size.width() - 2 * _MARGIN, legend.heightForWidth(size.width() - 2 * _MARGIN))
    whole = QSize(size.width(), size.height() + legend.height() + _MARGIN)
    if vector:
        _write_svg(scene, path, whole, camera, legend)
    else:
        image = QImage(whole * SCALE, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(SCALE)
        _paint(image, scene, whole, camera, legend)
        if not image.save(str(path), quality=_QUICK):
            raise _not_saved(path)


def _write_svg(scene: Scene, path: Path, size: QSize, camera: Camera, legend: QWidget) -> None:
    try:
        path.open("wb").close()  # Qt says on the log alone what is wrong with a file
    except OSError as error:
        raise _not_saved(path) from error
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(tr("Step {step}", step=scene.report.step + 1))
    generator.setDescription(describe(scene.report))
    _paint(generator, scene, size, camera, legend)


def _framed(scene: Scene, most: float) -> tuple[QSize, Camera]:
    """The size of the picture without its key, no side much longer than `most`, and where the tree stands in it."""
    if scene.compact:
        column = min(NARROWEST + 24, most / scene.columns)
        width, height = scene.columns * column, float(_ICICLE_HEIGHT)
        camera = Camera(_MARGIN + column / 2, _MARGIN + _WORDS, column, _ICICLE_HEIGHT)
    else:
        layout = scene.layout
        top = min(layout.top, -len(scene.spine))
        rows = layout.bottom - top + 1
        scale = min(1.0, most / (layout.columns * COLUMN), most / (rows * ROW))
        width, height = layout.columns * COLUMN * scale, rows * ROW * scale
        y = _MARGIN + _WORDS + (0.5 - top) * ROW * scale
        camera = Camera(_MARGIN + COLUMN * scale / 2, y, COLUMN * scale, ROW * scale)
    return QSize(round(max(width, 420)) + 2 * _MARGIN, round(height) + 2 * _MARGIN + _WORDS), camera


def _paint(device: QPaintDevice, scene: Scene, size: QSize, camera: Camera, legend: QWidget) -> None:
    painter = QPainter(device)
    ink = Ink(theme())
    whole = QRectF(0, 0, size.width(), size.height())
    painter.fillRect(whole, ink.palette.surface)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(ink.palette.ink)
    painter.setFont(theme().font(13))
    words = QRectF(_MARGIN, _MARGIN, size.width() - 2 * _MARGIN, _WORDS)
    painter.drawText(
        words,
        int(Qt.TextFlag.TextWordWrap),
        tr("Step {step}: {report}", step=scene.report.step + 1, report=describe(scene.report)),
    )
    if scene.compact:
        paint_icicle(painter, scene, camera, ink, whole)
    else:
        paint_spine(painter, scene, camera, ink)
        paint_graph(painter, scene, camera, ink, whole)
    place = QPoint(_MARGIN, size.height() - legend.height() - _MARGIN // 2)
    legend.render(painter, place, renderFlags=QWidget.RenderFlag(0))
    painter.end()


def _not_saved(path: Path) -> PictureNotSaved:
    return PictureNotSaved(tr("The picture {path} cannot be written.", path=path), tr("Choose another folder for it."))
