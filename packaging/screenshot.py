"""Takes the README's pictures from the running program: `python packaging/screenshot.py FOLDER`.

Opens the real window, asks the demo pair a question through the real engine process, waits for the answer and saves
what the window shows with each of the panels at its side. Needs no screen if QT_QPA_PLATFORM is offscreen.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

# Twice the points, so that the pictures are sharp on any screen. Qt reads it when it starts.
os.environ["QT_SCALE_FACTOR"] = "2"
# Names on pictures are the program's, not those of the person who takes them.
os.environ["PENJING_HOME"] = tempfile.mkdtemp(prefix="penjing-screenshot-")

from PySide6.QtWidgets import QApplication

from app.arrangement import MONITOR, PLAN, TREE
from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.decoding.report import StepReport
from core.locations import user_data

QUESTION = "What does os.path.join do?"
BUDGET = 48
"""Nodes per tree: more than the planner would give the demo pair in RAM, so that the picture shows a tree."""

SECONDS = 300
APPEARANCES = {Appearance.LIGHT: "", Appearance.DARK: "-dark"}
PANELS = {TREE: "window", PLAN: "plan", MONITOR: "monitor"}


def main(folder: Path) -> None:
    application = QApplication(["penjing"])
    application.setStyle("fusion")
    window = MainWindow(user_data())
    window.settings.remember(welcomed=True)
    theme().wear(Appearance.LIGHT, window.settings.current.motion)
    window.show()
    try:
        wait(application, lambda: window.planner.plan is not None)
        window.planner.model.set(replace(window.planner.model.settings, budget=BUDGET))
        steps: list[StepReport] = []
        window.link.stepped.connect(lambda _, reports: steps.extend(reports))
        window.session.send(QUESTION)
        wait(application, lambda: not window.session.busy)
        # A step that committed much; not the first, which has no text before it to show.
        window.tree.go(max(range(1, len(steps)), key=lambda index: len(steps[index].committed)))
        for appearance, suffix in APPEARANCES.items():
            theme().wear(appearance, window.settings.current.motion)
            for panel, name in PANELS.items():
                window.side.setCurrentIndex(panel)
                pause(application, 1.0)
                save(window, folder / f"{name}{suffix}.png")
    finally:
        window.close()


def wait(application: QApplication, condition: Callable[[], bool]) -> None:
    """Keeps the program running until the condition holds."""
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"the window did not get there within {SECONDS} s")
        application.processEvents()
        time.sleep(0.01)


def pause(application: QApplication, seconds: float) -> None:
    """Keeps the program running, so that transitions end."""
    end = time.monotonic() + seconds
    wait(application, lambda: time.monotonic() > end)


def save(window: MainWindow, file: Path) -> None:
    if not window.grab().save(str(file)):
        raise OSError(f"{file} cannot be written")
    print(file)


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    main(Path(sys.argv[1]))
