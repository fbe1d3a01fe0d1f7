"""The tree panel's menu: traces, pictures, how the tree is drawn and how fast a replay goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QPoint, QStandardPaths, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.language import tr
from app.tree.scene import Drawing

if TYPE_CHECKING:
    from app.tree.panel import TreePanel

SPEEDS = (1.0, 2.5, 5.0, 10.0)
"""Steps a second of a replay."""

USUAL_SPEED = 2.5

_DRAWINGS = {
    Drawing.BY_SIZE: tr("As suits its size"),
    Drawing.GRAPH: tr("As nodes and edges"),
    Drawing.ICICLE: tr("As blocks, as tall as likely"),
}

T = TypeVar("T")


class TreeMenu(QMenu):
    """Signals: drawing_chosen(Drawing), speed_chosen(steps a second).

    Attributes:
        speed: Steps a second of a replay.
    """

    drawing_chosen = Signal(object)
    speed_chosen = Signal(float)

    def __init__(self, panel: TreePanel) -> None:
        super().__init__(panel)
        self.speed = USUAL_SPEED
        self._panel = panel
        self._folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        self._entry(tr("Open a trace …"), self._open_trace)
        self.save_trace = self._entry(tr("Save the trace …"), self._save_trace)
        self.save_picture = self._entry(tr("Save the picture …"), self._save_picture)
        self.addSeparator()
        self._choices(tr("Draw"), _DRAWINGS.items(), Drawing.BY_SIZE, self.drawing_chosen.emit)
        words = (
            (speed, tr("{speed:g} steps a second", speed=speed) if speed != 1 else tr("1 step a second"))
            for speed in SPEEDS
        )
        self._choices(tr("Replay"), words, USUAL_SPEED, self.set_speed)
        self.aboutToShow.connect(self._enable)

    def open_below(self, button: QWidget) -> None:
        """Show the menu where a button is."""
        self.popup(button.mapToGlobal(QPoint(button.width() - self.sizeHint().width(), button.height())))

    def set_speed(self, speed: float) -> None:
        """Replay at so many steps a second."""
        self.speed = speed
        self.speed_chosen.emit(speed)

    def _enable(self) -> None:
        history = self._panel.history
        self.save_trace.setEnabled(len(history) > 0 and history.head is not None)
        self.save_picture.setEnabled(len(history) > 0)

    def _open_trace(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._panel, tr("Open a trace"), self._folder, tr("Traces (*.jsonl);;All (*)")
        )
        if name:
            self._panel.open_trace(self._remembered(name))

    def _save_trace(self) -> None:
        start = str(Path(self._folder) / "trace.jsonl")
        name, _ = QFileDialog.getSaveFileName(self._panel, tr("Save the trace"), start, tr("Traces (*.jsonl)"))
        if name:
            self._panel.save_trace(self._remembered(name))

    def _save_picture(self) -> None:
        start = str(Path(self._folder) / f"step-{self._panel.history.index + 1}.svg")
        kinds = tr("Drawings that scale (*.svg);;Pictures (*.png)")
        name, kind = QFileDialog.getSaveFileName(self._panel, tr("Save the picture"), start, kinds)
        if name:
            path = self._remembered(name)
            self._panel.save_picture(path if path.suffix else path.with_suffix(".png" if "png" in kind else ".svg"))

    def _remembered(self, name: str) -> Path:
        """A chosen file; the next choice begins in its folder."""
        path = Path(name)
        self._folder = str(path.parent)
        return path

    def _entry(self, words: str, act: Callable[[], None]) -> QAction:
        action = self.addAction(words)
        action.triggered.connect(act)
        return action

    def _choices(self, title: str, choices: Iterable[tuple[T, str]], usual: T, choose: Callable[[T], None]) -> None:
        """A submenu of which one entry always holds."""
        menu = self.addMenu(title)
        group = QActionGroup(menu)
        for value, words in choices:
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(value == usual)
            action.triggered.connect(lambda _, value=value: choose(value))
            group.addAction(action)
