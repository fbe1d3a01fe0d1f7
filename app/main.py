"""Opens the window. The quick start is the point: nothing that the first paint does not need is imported before it."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication

from core.locations import user_data


def main(arguments: list[str] | None = None) -> int:
    """Run the program until its window is closed; the exit code."""
    application = QApplication(sys.argv[:1] if arguments is None else ["penjing", *arguments])
    application.setApplicationName("Penjing")
    application.setDesktopFileName("penjing")
    application.setStyle("fusion")
    data = user_data()

    from app.single_instance import SingleInstance

    instance = SingleInstance(data)
    if not instance.claim():
        return 0

    from app.logs import keep_logs
    from app.style.theme import theme
    from app.window import MainWindow

    bugs = keep_logs(data / "logs")
    window = MainWindow(data)
    theme().wear(window.settings.current.appearance, window.settings.current.motion)
    bugs.met.connect(window.tell_bug)
    instance.called.connect(window.come_forward)
    window.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
