"""Opens the window. The quick start is the point: nothing that the first paint does not need is imported before it."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication

from core.locations import user_data


def main(what: str = "") -> int:
    """Run the program until its window is closed; the exit code.

    Args:
        what: What to open the window at; "" for nothing.
    """
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Penjing")
    application.setDesktopFileName("penjing")
    application.setStyle("fusion")
    data = user_data()

    from app.single_instance import SingleInstance

    instance = SingleInstance(data)
    if not instance.claim(what):
        return 0

    from app.language import speak
    from app.settings.settings import chosen_language

    # Before anything that is seen is imported: texts are made once, in the language in use.
    speak(chosen_language(data / "settings.toml"), application)

    from app.crash_reports import CrashReports
    from app.logs import keep_logs
    from app.style.theme import theme
    from app.window import MainWindow

    reports = CrashReports(data)
    reports.begin()
    bugs = keep_logs(data / "logs")
    window = MainWindow(data, reports=reports)
    theme().wear(window.settings.current.appearance, window.settings.current.motion)
    bugs.met.connect(window.tell_bug)
    instance.called.connect(window.come_forward)
    instance.called.connect(window.program.open)
    window.show()
    window.activateWindow()  # Where no window manager does that, keys would not reach its commands.
    window.program.open(what)
    code = application.exec()
    reports.end()
    return code


if __name__ == "__main__":
    sys.exit(main())
