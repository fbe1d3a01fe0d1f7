"""A line that says that a trace or an earlier reply is shown instead of the last reply, and leads back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.language import tr
from app.style.buttons import IconButton
from app.style.theme import theme
from app.tree.history import History


class TraceBar(QWidget):
    """Signals: closed, when the person wants the reply of the chat again."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel()
        self._words.setFont(theme().font(11))
        # A long name must not widen the panel.
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._close = IconButton("close", tr("Back to the last reply"))
        self._close.clicked.connect(self.closed)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._words, 1)
        line.addWidget(self._close)
        self.hide()

    @property
    def words(self) -> str:
        return self._words.text()

    def show_busy(self, words: str) -> None:
        """Say what goes on with a file."""
        self._words.setText(words)
        self.show()

    def show_reply(self, words: str) -> None:
        """Say of which reply of the chat these are the steps."""
        self._words.setText(words)
        self._words.setToolTip(words)
        self.show()

    def show_trace(self, name: str, history: History) -> None:
        """Say whose trace this is."""
        head = history.head
        models = "" if head is None else f" · {head.target}{f' ⟵ {head.draft}' if head.draft else ''}"
        cut = "" if history.summary is not None else tr(" · cut short")
        self._words.setText(f"{name}{models}{cut}")
        if head is not None:
            asked = head.prompt or next((said.content for said in reversed(head.messages)), "")
            self._words.setToolTip(
                tr(
                    "Written {begun} by Penjing {penjing}.\n{asked}",
                    begun=head.begun,
                    penjing=head.penjing,
                    asked=asked[:300],
                )
            )
        self.show()
