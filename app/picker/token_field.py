"""Where a person gives Penjing their token for the hub. It goes to the system's keyring and is shown to nobody."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.background import Background
from app.language import tr
from core.errors import PenjingError


class TokenField(QWidget):
    """Says where the token in use is kept; takes another.

    Attributes:
        asked: Whether it was looked where the token is kept.

    Signals: kept, once another token is in use.
    """

    kept = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.asked = False
        self._background = Background("token", self)
        self._says = QLabel(tr("Access token"))
        self._says.setProperty("muted", True)
        self._field = QLineEdit()
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self._field.setPlaceholderText(tr("Paste a token to reach models with a licence to accept"))
        self._field.setAccessibleName(tr("Access token for the hub"))
        self._keep = QPushButton(tr("Keep"))
        self._keep.setToolTip(tr("Give it to the system's keyring"))
        self._keep.setEnabled(False)
        self._field.textChanged.connect(lambda text: self._keep.setEnabled(bool(text.strip())))
        self._field.returnPressed.connect(self._keep.click)
        self._keep.clicked.connect(self._take)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self._says)
        line.addWidget(self._field, 1)
        line.addWidget(self._keep)

    def refresh(self) -> None:
        """Look where the token is kept."""
        self.asked = True
        self._background.run(_where, self._show, self._fail)

    def close_work(self) -> None:
        self._background.close()

    def _take(self) -> None:
        token = self._field.text()
        self._field.clear()

        def keep() -> str:
            from core.hub.access import keep_token

            keep_token(token)
            return _where()

        def done(where: str) -> None:
            self._show(where)
            self.kept.emit()

        self._background.run(keep, done, self._fail)

    def _show(self, where: str) -> None:
        none = where == "nowhere"
        self._says.setText(tr("No access token") if none else tr("Access token kept by {where}", where=where))
        self._says.setToolTip(tr("It says who you are. Models with a licence to accept ask for it."))

    def _fail(self, error: PenjingError) -> None:
        self._says.setText(str(error))


def _where() -> str:
    from core.hub.access import where_kept

    return where_kept().value
