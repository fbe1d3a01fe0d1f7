"""What the person looks for: here or on the hub, words, and for the hub an owner, a size and a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QTabBar, QToolButton, QVBoxLayout, QWidget

from app.language import tr
from app.style.theme import theme

if TYPE_CHECKING:
    from core.hub.search import Query

HERE, HUB = range(2)
GIB = 1 << 30
SIZES: dict[str, tuple[int, int | None]] = {
    tr("Any size"): (0, None),
    tr("Up to 4 GiB"): (0, 4 * GIB),
    tr("4 to 16 GiB"): (4 * GIB, 16 * GIB),
    tr("16 to 64 GiB"): (16 * GIB, 64 * GIB),
    tr("Above 64 GiB"): (64 * GIB, None),
}
FORMATS = {
    tr("Any format"): "any",
    tr("Full precision"): "none",
    tr("Quantised"): "quantised",
    "GPTQ": "gptq",
    "AWQ": "awq",
    "FP8": "fp8",
}


class SearchBar(QWidget):
    """Signals: changed, when anything of it is another now."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scope = QTabBar()
        self.scope.setDrawBase(False)
        self.scope.setExpanding(False)
        self.scope.addTab(tr("On this computer"))
        self.scope.addTab(tr("On the hub"))
        self.scope.setAccessibleName(tr("Where to look"))
        self.text = QLineEdit()
        self.text.setClearButtonEnabled(True)
        for clear in self.text.findChildren(QToolButton):
            clear.setAccessibleName(tr("Clear the search"))
        self.text.setAccessibleName(tr("Search models"))
        self._lens = self.text.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self._lens.setText(tr("Search"))
        self.owner = QLineEdit()
        self.owner.setPlaceholderText(tr("Owner"))
        self.owner.setAccessibleName(tr("Only models of this owner"))
        self.owner.setFixedWidth(120)
        self.weights = QComboBox()
        self.weights.addItems(list(SIZES))
        self.weights.setAccessibleName(tr("Size of the weights"))
        self.precision = QComboBox()
        self.precision.addItems(list(FORMATS))
        self.precision.setAccessibleName(tr("Format of the weights"))
        self._hub_only = (self.owner, self.weights, self.precision)
        self._lay_out()
        self.scope.currentChanged.connect(self._change)
        for field in (self.text, self.owner):
            field.textChanged.connect(self.changed)
        for choice in (self.weights, self.precision):
            choice.currentIndexChanged.connect(self.changed)
        theme().changed.connect(self._tint)
        self._tint()
        self._change()

    @property
    def on_hub(self) -> bool:
        return self.scope.currentIndex() == HUB

    @property
    def words(self) -> list[str]:
        return self.text.text().casefold().split()

    @property
    def query(self) -> Query:
        from core.hub.search import Query

        least, most = SIZES[self.weights.currentText()]
        return Query(
            text=self.text.text().strip(),
            author=self.owner.text().strip(),
            least=least,
            most=most,
            quantisation=FORMATS[self.precision.currentText()],
        )

    def look_on(self, scope: int) -> None:
        self.scope.setCurrentIndex(scope)
        self.text.setFocus()

    def look_for(self, words: str) -> None:
        """Words to look for among what is here; nothing is sent before the person turns to the hub."""
        self.scope.setCurrentIndex(HERE)
        self.text.setText(words)
        self.text.setFocus()

    def _change(self) -> None:
        for field in self._hub_only:
            field.setVisible(self.on_hub)
        self.text.setPlaceholderText(tr("Search Hugging Face") if self.on_hub else tr("Search your models"))
        self.changed.emit()

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.text, 1)
        for field in self._hub_only:
            line.addWidget(field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.scope)
        column.addLayout(line)

    def _tint(self) -> None:
        self._lens.setIcon(theme().icon("search", 16, theme().palette.muted))
