"""How long the tree view takes to paint itself, both ways of drawing, followed, fitted and zoomed, without a screen.

    python -m tests.benchmarks.window_tree_paint

Prints medians. Exit code 1 if 2,048 nodes take more than 16 ms or 4,096 more than 25 ms.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from app.tree.graph_paint import COARSE
from app.tree.scene import Drawing, Scene
from app.tree.view import Mode, TreeView
from tests.app.tree.steps import grown_step

SIZE = (1000, 700)
REPEATS = 40
NODES = (64, 256, 512, 1024, 2048, 4096)
BARS = {2048: 16.0, 4096: 25.0}


def views(nodes: int, drawing: Drawing) -> dict[str, TreeView]:
    """A tree of so many nodes as it is seen while following, fitted, and at the smallest size with curves."""
    scene = Scene(grown_step(nodes), ("Join", " two", " or", " more"), drawing)
    made = {}
    for name in ("followed", "fitted", "zoomed"):
        view = made[name] = TreeView()
        view.resize(*SIZE)
        view.show_scene(scene)
        if name != "followed":
            view.set_mode(Mode.FIT)
        if name == "zoomed" and not scene.compact:
            middle = QPointF(view.rect().center())
            view.camera = view.camera.zoomed(COARSE * 1.01 / view.camera.row_pitch, middle.x(), middle.y())
    return made


def paint_ms(view: TreeView) -> float:
    """Median milliseconds of a repaint."""
    canvas = QPixmap(*SIZE)
    view.render(canvas)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        view.render(canvas)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def main() -> int:
    application = QApplication([])
    application.setStyle("Fusion")
    missed = False
    for drawing in (Drawing.GRAPH, Drawing.ICICLE):
        for nodes in NODES:
            times = {name: paint_ms(view) for name, view in views(nodes, drawing).items()}
            slow = max(times.values()) > BARS.get(nodes, 1e9)
            missed = missed or slow
            words = "  ".join(f"{name} {milliseconds:5.1f} ms" for name, milliseconds in times.items())
            print(f"{drawing.value:7} {nodes:5} nodes: {words}{'  too slow' if slow else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
