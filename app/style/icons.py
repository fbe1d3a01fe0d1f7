"""Line icons: small SVG files whose `currentColor` becomes the theme's ink."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from core.locations import RESOURCES

FOLDER = RESOURCES / "icons"
SCALES = (1.0, 2.0, 3.0)
"""Device pixel ratios that an icon is drawn for ahead of time."""


@cache
def _source(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def pixmap(name: str, px: int, colour: QColor, scale: float = 1.0) -> QPixmap:
    """The icon as a square of `px` logical pixels in one colour.

    Raises:
        FileNotFoundError: There is no such icon.
    """
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour.name()).encode()))
    image = QPixmap(round(px * scale), round(px * scale))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    image.setDevicePixelRatio(scale)
    return image


def tinted(name: str, px: int, colour: QColor, disabled: QColor) -> QIcon:
    """The icon in `colour`, and in `disabled` on controls that cannot be used."""
    icon = QIcon()
    for scale in SCALES:
        icon.addPixmap(pixmap(name, px, colour, scale), QIcon.Mode.Normal)
        icon.addPixmap(pixmap(name, px, disabled, scale), QIcon.Mode.Disabled)
    return icon
