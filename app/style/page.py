"""A page in the centre of the window: a title with the way back, and a scrolling column of a readable width."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.language import tr
from app.style.buttons import IconButton
from app.style.theme import theme

WIDTH = 640


class PageHead(QHBoxLayout):
    """The way back, the page's title, and at the right what the page adds.

    Signals:
        closed: The person goes back.
    """

    closed = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        back = IconButton("arrow-left", tr("Back to the chat (Esc)"))
        back.clicked.connect(self.closed)
        self._title = QLabel(title)
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(8)
        self.addWidget(back)
        self.addWidget(self._title)
        self.addStretch(1)
        theme().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._title.setFont(theme().font(20))


class Page(QWidget):
    """Signals: closed, when the person goes back."""

    closed = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = PageHead(title)
        self.head.closed.connect(self.closed)
        self.column = QVBoxLayout()
        self.column.setContentsMargins(24, 16, 24, 24)
        self.column.setSpacing(8)
        self.column.addLayout(self.head)
        self.column.addSpacing(8)
        self._lay_out(title)

    def _lay_out(self, title: str) -> None:
        holder = QWidget()
        holder.setLayout(self.column)
        holder.setMaximumWidth(WIDTH)
        inside = QWidget()
        inside.setObjectName("page")
        centred = QHBoxLayout(inside)
        centred.setContentsMargins(0, 0, 0, 0)
        centred.addStretch(1)
        centred.addWidget(holder, 1000)
        centred.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName(title)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        area.setWidgetResizable(True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)


class Caption(QLabel):
    """The heading of a group on a page."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setProperty("muted", True)
        theme().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.setFont(theme().font(11, bold=True))
