"""How long the tree view takes to paint itself: a script that prints medians, without a screen.

Counts the time of the painting thread, so that what else the machine does is left out.
"""

from __future__ import annotations

import os
import statistics
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from app.tree.scene import Scene
from app.tree.view import TreeView
from tests.app.tree.steps import grown_step

SIZE = (1000, 700)
REPEATS = 30


def paint_ms(nodes: int) -> float:
    """Median milliseconds of one repaint of a tree of so many nodes."""
    view = TreeView()
    view.resize(*SIZE)
    view.show_scene(Scene(grown_step(nodes), ("Join", " two", " or", " more")))
    canvas = QPixmap(*SIZE)
    view.render(canvas)
    times = []
    for _ in range(REPEATS):
        start = time.thread_time()
        view.render(canvas)
        times.append(time.thread_time() - start)
    return statistics.median(times) * 1000


def main() -> None:
    application = QApplication([])
    application.setStyle("Fusion")
    for nodes in (64, 256, 500, 1024, 2048):
        print(f"{nodes:5} nodes: {paint_ms(nodes):5.1f} ms a repaint")


if __name__ == "__main__":
    main()
