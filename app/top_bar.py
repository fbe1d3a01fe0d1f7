"""The top bar: what is loaded, one click to change it; how fast it is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.language import tr
from app.style.buttons import IconButton, primary_button
from app.style.theme import theme

HEIGHT = 48


@dataclass(frozen=True)
class ModelState:
    """What the bar tells of the chosen pair.

    Attributes:
        target, draft: Names; an empty draft is none.
        detail: The target's format, such as "bf16".
        loaded: Whether this very pair is loaded.
        progress: Of a load in progress, a short text such as "45 %"; else empty.
    """

    target: str = ""
    draft: str = ""
    detail: str = ""
    loaded: bool = False
    progress: str = ""


class _ModelButton(QPushButton):
    """The chosen pair as a button. A filled dot and the word say whether it is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("quiet", True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._state = ModelState()
        theme().changed.connect(self.updateGeometry)

    def show_state(self, state: ModelState) -> None:
        self._state = state
        name = state.target or tr("No model")
        draft = tr(", draft {draft}", draft=state.draft) if state.draft else tr(", no draft") if state.target else ""
        says = f"{name}{draft}, {self._word()}"
        self.setAccessibleName(says)
        self.setToolTip(tr("{says}. Choose models (Ctrl+L)", says=says))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(sum(width for _, width, _, _ in self._parts()) + 64, 32)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        dot = QRectF(10.5, self.height() / 2 - 4, 8, 8)
        painter.setPen(palette.accent if self._state.loaded else palette.muted)
        painter.setBrush(palette.accent if self._state.loaded else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot)
        left, limit = 26, self.width() - 26
        for text, width, bold, quiet in self._parts():
            painter.setFont(theme().font(13, bold=bold))
            painter.setPen(palette.muted if quiet else palette.ink)
            room = limit - left
            if room <= 0:
                break
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(left, 0, room, self.height(), Qt.AlignmentFlag.AlignVCenter, shown)
            left += width
        theme().icon("chevron-down", 16, palette.muted).paint(painter, self.width() - 24, 0, 16, self.height())
        painter.end()

    def _word(self) -> str:
        return tr("loaded") if self._state.loaded else tr("loading") if self._state.progress else tr("not loaded")

    def _parts(self) -> list[tuple[str, int, bool, bool]]:
        """Text, width, whether bold, whether muted."""
        state = self._state
        texts = [(state.target or tr("Choose a model"), True, False)]
        if state.detail:
            texts.append((f"  {state.detail}", False, True))
        if state.target:
            texts.append((tr("   ←  draft ") if state.draft else tr("   no draft"), False, True))
            texts.append((state.draft, False, False))
            texts.append((f"   {self._word()}", False, True))
        parts = []
        for text, bold, quiet in texts:
            font = theme().font(13, bold=bold)
            parts.append((text, QFontMetrics(font).horizontalAdvance(text), bold, quiet))
        return parts


class TopBar(QFrame):
    """Signals: history_wanted, side_wanted (show or hide a dock), models_wanted, load_wanted, cancel_wanted,
    settings_wanted."""

    history_wanted = Signal()
    side_wanted = Signal()
    models_wanted = Signal()
    load_wanted = Signal()
    cancel_wanted = Signal()
    settings_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("bar", True)
        self.setFixedHeight(HEIGHT)
        self._history = IconButton("panel-left", tr("Show or hide the chats (Ctrl+1)"), px=20)
        self._side = IconButton("panel-right", tr("Show or hide tree, plan and monitor (Ctrl+2)"), px=20)
        self._settings = IconButton("settings", tr("Settings (Ctrl+,)"), px=20)
        self._name = QLabel("Penjing")
        self.models = _ModelButton()
        self.load = primary_button(tr("Load"))
        self.load.setToolTip(tr("Load this pair as the plan says"))
        self._progress = QLabel()
        self._cancel = QPushButton(tr("Cancel"))
        self._cancel.setToolTip(tr("Stop loading"))
        self._speed = QLabel()
        self._speed.setToolTip(
            tr(
                "tok/s: tokens per second while decoding.\n"
                "per step: tokens committed by one pass of the target, its own token included."
            )
        )
        self._speed.setAccessibleName(tr("Speed"))
        self._lay_out()
        for signal, out in (
            (self._history.clicked, self.history_wanted),
            (self._side.clicked, self.side_wanted),
            (self._settings.clicked, self.settings_wanted),
            (self.models.clicked, self.models_wanted),
            (self.load.clicked, self.load_wanted),
            (self._cancel.clicked, self.cancel_wanted),
        ):
            signal.connect(out)
        theme().changed.connect(self._dress)
        self._dress()
        self.show_state(ModelState())

    def show_state(self, state: ModelState) -> None:
        """Show what is chosen and whether it is loaded."""
        self.models.show_state(state)
        self.load.setVisible(bool(state.target) and not state.loaded and not state.progress)
        self._progress.setText(state.progress)
        self._progress.setVisible(bool(state.progress))
        self._cancel.setVisible(bool(state.progress))

    def show_speed(self, tokens_per_second: float, tokens_per_step: float) -> None:
        """Show the speed of the reply in progress or of the last one."""
        parts = [f"{tokens_per_second:.1f} tok/s"] if tokens_per_second > 0 else []
        if tokens_per_step > 0:
            parts.append(tr("{tokens_per_step:.1f} per step", tokens_per_step=tokens_per_step))
        self._speed.setText(" · ".join(parts))

    def _lay_out(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(self._history)
        line.addWidget(self._name)
        line.addSpacing(8)
        line.addWidget(self.models)
        line.addWidget(self.load)
        line.addWidget(self._progress)
        line.addWidget(self._cancel)
        line.addStretch(1)
        line.addWidget(self._speed)
        line.addSpacing(8)
        line.addWidget(self._side)
        line.addWidget(self._settings)

    def _dress(self) -> None:
        self._name.setFont(theme().font(15, bold=True))
        self._speed.setFont(theme().font(13, mono=True))
        self._progress.setFont(theme().font(13))
