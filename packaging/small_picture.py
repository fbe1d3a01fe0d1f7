"""Makes pictures of the window small: 256 colours are enough for its few and for the soft rims of its letters."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

COLOURS = 256


def paletted(picture: QImage) -> QImage:
    """The same picture with a palette. Each colour in it is the one that does most for what is still furthest off."""
    image = picture.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    colours, places, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    channels = np.stack([(colours >> shift) & 255 for shift in (16, 8, 0)], axis=1).astype(np.int32)
    far = np.full(len(colours), 3 * 255**2)
    nearest = np.zeros(len(colours), np.uint8)
    palette: list[int] = []
    while len(palette) < COLOURS and far.any():
        chosen = int(np.argmax(counts * far))
        distance = ((channels - channels[chosen]) ** 2).sum(axis=1)
        nearest[distance < far] = len(palette)
        far = np.minimum(far, distance)
        palette.append(0xFF000000 | int(colours[chosen]))
    small = QImage(image.width(), image.height(), QImage.Format.Format_Indexed8)
    small.setColorTable(palette)
    lines = np.frombuffer(small.bits(), np.uint8).reshape(image.height(), small.bytesPerLine())
    lines[:, : image.width()] = nearest[places].reshape(pixels.shape)
    return small
