"""Tells the person that a download is done: on the desktop while they look elsewhere, else in the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QSystemTrayIcon

SHOWN_MS = 8000


def announce(text: str, tell: Callable[[str], None]) -> None:
    """Say it by a notification of the desktop if no window of ours is active and the desktop has them; else `tell`."""
    if QApplication.activeWindow() is not None or not QSystemTrayIcon.isSystemTrayAvailable():
        tell(text)
        return
    icon = QSystemTrayIcon(QApplication.windowIcon(), QApplication.instance())
    icon.show()
    icon.messageClicked.connect(icon.deleteLater)
    icon.showMessage("Penjing", text, QSystemTrayIcon.MessageIcon.Information, SHOWN_MS)
