"""The buttons that copy boxes of code: only those in sight, as a long reply has hundreds of boxes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.style.buttons import IconButton


class CodeButtons(QObject):
    """Signals: copy_wanted, with the number of the box."""

    copy_wanted = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._buttons: dict[int, IconButton] = {}

    @property
    def focused(self) -> int | None:
        """The box whose button has the keyboard."""
        return next((box for box, button in self._buttons.items() if button.hasFocus()), None)

    def place(self, areas: Mapping[int, QRectF]) -> None:
        """Have a button in the corner of each of these boxes, and of no other; boxes go by their numbers."""
        for box in self._buttons.keys() - areas.keys():
            button = self._buttons.pop(box)
            button.hide()
            button.deleteLater()
        for box, area in areas.items():
            button = self._buttons.get(box) or self._add(box)
            button.move(round(area.right()) - button.sizeHint().width() - 4, round(area.top()) + 2)

    def _add(self, box: int) -> IconButton:
        button = IconButton("copy", tr("Copy this code"), self._parent)
        button.clicked.connect(partial(self.copy_wanted.emit, box))
        self._buttons[box] = button
        for before, after in pairwise(sorted(self._buttons)):
            QWidget.setTabOrder(self._buttons[before], self._buttons[after])
        button.show()
        return button
