"""Where things stand in the window: pages in the centre, docks at both sides, bars above and below; remembered."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from app.language import tr
from app.settings.settings import WindowLayout

WINDOW = (1280, 800)
DOCKS = (224, 372)
NARROWEST = (160, 300)

ROOMY = 1200
"""Pixels from which the window has room for a page beside both docks."""

TREE, PLAN, MONITOR = range(3)
"""The tabs of the right dock."""


class Arrangement(QObject):
    """The places of a window.

    Attributes:
        pages: The centre, which shows one page at a time.
        side: The tabs of the right dock.
        left, right: The docks.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.pages = QStackedWidget()
        self.side = QTabWidget()
        self.side.setDocumentMode(True)
        for part in (self.side, self.side.tabBar()):
            part.setAccessibleName(tr("Tree, plan and monitor"))
        self.side.tabBar().setDrawBase(False)
        self._widths: tuple[int, ...] = ()

    def fill(
        self,
        top: QWidget,
        pages: Iterable[QWidget],
        left: QWidget,
        side: Iterable[tuple[QWidget, str]],
        bottom: QWidget,
    ) -> None:
        """Put everything in its place. `side` are the right dock's tabs with their names: TREE, PLAN, MONITOR."""
        for page in pages:
            self.pages.addWidget(page)
        for panel, name in side:
            self.side.addTab(panel, name)
        window = self._window
        window.setCentralWidget(self.pages)
        window.setMenuWidget(top)
        self.left = _dock("chats", tr("Chats"), left, NARROWEST[0])
        self.right = _dock("side", tr("Tree, plan and monitor"), self.side, NARROWEST[1])
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.left)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.right)
        window.statusBar().setSizeGripEnabled(False)
        window.statusBar().addWidget(bottom, 1)

    def restore(self, layout: WindowLayout) -> None:
        """Size, place and docks as they were; as they are meant where nothing is known."""
        self._window.resize(*WINDOW)
        self._window.resizeDocks([self.left, self.right], list(DOCKS), Qt.Orientation.Horizontal)
        self._window.restoreGeometry(layout.geometry)
        self._window.restoreState(layout.docks)

    @property
    def layout(self) -> WindowLayout:
        """Size, place and docks as they are."""
        window = self._window
        return WindowLayout.model_construct(
            geometry=window.saveGeometry().data(), docks=window.saveState().data()
        )

    def show_page(self, page: QWidget) -> None:
        """Show a page. In a small window the docks make room for it; back at the chat, they are as wide as before."""
        chat = self.pages.widget(0)
        widths = self._widths
        if self.pages.currentWidget() is chat and page is not chat and self._window.width() < ROOMY:
            self._widths = (self.left.width(), self.right.width())
            widths = NARROWEST
        self.pages.setCurrentWidget(page)
        if page is chat:
            self._widths = ()
        if widths:
            self._window.resizeDocks([self.left, self.right], list(widths), Qt.Orientation.Horizontal)

    def show_side(self, tab: int) -> None:
        self.right.show()
        self.side.setCurrentIndex(tab)

    def toggle_left(self) -> None:
        self.left.setVisible(self.left.isHidden())

    def toggle_right(self) -> None:
        self.right.setVisible(self.right.isHidden())


def _dock(name: str, title: str, content: QWidget, least: int) -> QDockWidget:
    dock = QDockWidget(title)
    dock.setObjectName(name)
    dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
    # The bars at the top say what a dock is; a title of its own would say it twice.
    dock.setTitleBarWidget(QWidget())
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(content)
    holder.setMinimumWidth(least)
    dock.setWidget(holder)
    return dock
