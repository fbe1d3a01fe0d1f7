"""Draws the program's icon in the sizes and formats that desktops want, from resources/penjing.svg."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

SOURCE = Path(__file__).resolve().parents[2] / "resources" / "penjing.svg"
LINUX_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
WINDOWS_SIZES = (16, 24, 32, 48, 64, 128, 256)
MACOS_TYPES = {"icp4": 16, "icp5": 32, "ic07": 128, "ic08": 256, "ic09": 512, "ic10": 1024, "ic11": 32, "ic12": 64}
"""Kinds of pictures in an icns file, by their sizes."""


def png(size: int) -> bytes:
    """The icon as a square PNG of `size` pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(SOURCE)).render(painter, QRectF(image.rect()))
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"PNG").write(image)
    return bytes(data.data())


def ico() -> bytes:
    """The icon as Windows wants it: a table of PNGs."""
    pictures = [(size, png(size)) for size in WINDOWS_SIZES]
    table, offset = b"", 6 + 16 * len(pictures)
    for size, data in pictures:
        table += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
    return struct.pack("<HHH", 0, 1, len(pictures)) + table + b"".join(data for _, data in pictures)


def icns() -> bytes:
    """The icon as macOS wants it: a sequence of PNGs, each with its kind."""
    parts = [(kind, png(size)) for kind, size in MACOS_TYPES.items()]
    body = b"".join(kind.encode() + struct.pack(">I", len(data) + 8) + data for kind, data in parts)
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def main(folder: Path) -> None:
    """Writes penjing.ico and penjing.icns to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "penjing.ico").write_bytes(ico())
    (folder / "penjing.icns").write_bytes(icns())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
