"""Opens the window, loads the chosen pair at once and leaves; prints the times of first paint and of readiness."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.window import MainWindow
from core.locations import user_data

POLL_MS = 5


def say(what: str) -> None:
    print("at", what, time.time(), flush=True)


def main() -> None:
    application = QApplication(["penjing"])
    window = MainWindow(user_data())

    def load() -> None:
        """Asks for the plan on screen as soon as there is one."""
        if window.planner.plan is None:
            QTimer.singleShot(POLL_MS, load)
        else:
            window.planner.loadRequested.emit(window.planner.plan)

    def painted() -> None:
        say("painted")
        load()

    def loaded() -> None:
        say("ready")
        window.close()
        application.quit()

    window.first_painted.connect(painted)
    window.link.loaded.connect(loaded)
    window.show()
    application.exec()


if __name__ == "__main__":
    main()
