"""Takes pictures of every panel and page from the running program: `python packaging/screenshots.py FOLDER`.

Opens the real window, asks the demo pair a question through the real engine process, waits for the answer and saves
what the window shows, in both themes. Needs no screen if QT_QPA_PLATFORM is offscreen.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

# Twice the points, so that the pictures are sharp on any screen. Qt reads it when it starts.
os.environ["QT_SCALE_FACTOR"] = "2"
# Names on pictures are the program's, not those of the person who takes them.
os.environ["PENJING_HOME"] = "penjing"

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from small_picture import paletted

from app.arrangement import MONITOR, PLAN, TREE
from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.decoding.report import StepReport
from core.locations import user_data

QUESTIONS = ("How does Penjing work?", "What is heapq for?", "What does os.path.join do?")
"""Asked in chats of their own; the last one is on the pictures."""

BUDGET = 48
"""Nodes per tree: more than the planner would give the demo pair in RAM, so that the picture shows a tree."""

SECONDS = 300
APPEARANCES = {Appearance.LIGHT: "", Appearance.DARK: "-dark"}

def table(window: MainWindow) -> None:
    window.arrangement.show_side(TREE)
    window.tree.transport.table.click()


def plan_table(window: MainWindow) -> None:
    window.arrangement.show_side(PLAN)
    window.planner.as_table.click()


def writing(window: MainWindow) -> None:
    window.arrangement.show_side(TREE)
    window.chat.transcript.views[-1]._how.click()


def begin(window: MainWindow) -> None:
    window.program.show_first_run()
    window.program.first_run.show_step(2)
    wait(QCoreApplication.instance(), window.program.recommended.button.isVisible)


def worth(window: MainWindow) -> None:
    page = window.worth_page
    window.arrangement.show_side(PLAN)
    window.arrangement.show_page(page)
    wait(QCoreApplication.instance(), lambda: bool(page.comparing.found) and not page.comparing.running)
    page.table.selectRow(2)


def search(window: MainWindow) -> None:
    field = window.history_panel.search_field
    field.setText("" if field.text() else "path")


SHOWN: dict[str, Callable[[MainWindow], None]] = {
    "window": lambda window: window.arrangement.show_side(TREE),
    "plan": lambda window: window.arrangement.show_side(PLAN),
    "monitor": lambda window: window.arrangement.show_side(MONITOR),
    "writing": writing,
    "table": table,
    "plan-table": plan_table,
    "search": search,
    "chat-settings": lambda window: window.chat.header.button.click(),
    "commands": lambda window: window.command_palette.open(),
    "note": lambda window: window.toast.say("Deleted “What is heapq for?”.", "Undo", lambda: None),
    "problem": lambda window: window.tell_problem("The drive is full.", "Free some space, then ask again."),
    "models": lambda window: window.arrangement.show_page(window.picker),
    "worth": worth,
    "settings": lambda window: window.arrangement.show_page(window.settings_page),
    "help": lambda window: window.program.show_help(),
    "first-start": lambda window: window.program.show_first_run(),
    "first-begin": begin,
    "logs": lambda window: window.arrangement.show_page(window.log_page),
    "about": lambda window: window.arrangement.show_page(window.about_page),
}
"""What each picture shows. What is opened by a click is closed again by a second one."""

SWITCHES = ("writing", "table", "plan-table", "search", "chat-settings")


def main(folder: Path) -> None:
    platform.platform = lambda *_: platform.system()
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
        window.show_chat()
        for question in QUESTIONS:
            window.chats.new_chat()
            steps.clear()
            window.session.send(question)
            wait(application, lambda: not window.session.busy)
            pause(application, 1.0)
        # A step that committed much; not the first, which has no text before it to show.
        window.tree.go(max(range(1, len(steps)), key=lambda index: len(steps[index].committed)))
        # Written at the end, for that takes longer than the monitor looks back.
        pictures: dict[Path, QImage] = {}
        for appearance, suffix in APPEARANCES.items():
            theme().wear(appearance, window.settings.current.motion)
            for name, show in SHOWN.items():
                window.show_chat()
                show(window)
                pause(application, 1.0)
                pictures[folder / f"{name}{suffix}.png"] = window.grab().toImage()
                if name in SWITCHES:
                    show(window)
                window.command_palette.close_palette()
                window.toast.hide()
        for file, picture in pictures.items():
            save(picture, file)
    finally:
        window.close()


def wait(application: QCoreApplication | None, condition: Callable[[], bool]) -> None:
    """Keeps the program running until the condition holds."""
    end = time.monotonic() + SECONDS
    assert application is not None
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"the window did not get there within {SECONDS} s")
        application.processEvents()
        time.sleep(0.01)


def pause(application: QApplication, seconds: float) -> None:
    """Keeps the program running, so that transitions end."""
    end = time.monotonic() + seconds
    wait(application, lambda: time.monotonic() > end)


def save(picture: QImage, file: Path) -> None:
    # The least bytes that the format knows how to make of it.
    if not paletted(picture).save(str(file), None, 0):
        raise OSError(f"{file} cannot be written")
    print(file)


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="penjing-screenshot-", ignore_cleanup_errors=True) as scratch:
        os.chdir(scratch)
        main(target)
