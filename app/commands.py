"""What the window can do, by name and with its keys: for shortcuts, and for every list of what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


class Commands:
    """The commands of a window. Their keys work wherever the focus is in it.

    Args:
        window: Whose commands they are.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._actions: list[QAction] = []

    def __iter__(self) -> Iterator[QAction]:
        """In the order in which they were added."""
        return iter(self._actions)

    def add(self, name: str, act: Callable[[], object], keys: str = "") -> QAction:
        """Add a command, such as "New chat" with "Ctrl+N"."""
        action = QAction(name, self._window)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _: act())
        self._window.addAction(action)
        self._actions.append(action)
        return action
