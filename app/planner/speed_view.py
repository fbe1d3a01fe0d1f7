"""The predicted speed: tokens per second as a range, what limits it, and the seconds of one pass by cause."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.language import tr
from app.planner.flash import Flash
from app.planner.wording import figure, seconds_words, speed_range
from app.style.patterns import pattern
from app.style.theme import theme
from core.planning.plan import PassSeconds, Speed

_HEAD, _LINE, _FOOT = 48, 20, 38
_NAME, _NUMBER = 64.0, 64.0

LIMITS = {
    "drive": tr("the drive"),
    "bus": tr("the bus"),
    "compute": tr("computing"),
    "memory bandwidth": tr("memory bandwidth"),
}
"""What a speed is limited by, in words."""

CAUSES = (
    ("stream", tr("stream"), tr("Reading and copying the weights that are not resident, once a pass.")),
    (
        "compute",
        tr("compute"),
        tr("The target's pass over the whole tree. Weights arrive meanwhile: the shorter of the two is hidden."),
    ),
    ("draft", tr("draft"), tr("Growing the tree.")),
    ("choose", tr("choose"), tr("Walking through the target's scores, and learning from them.")),
)


class SpeedView(QWidget):
    """Shows a `Speed`, and beside it what was measured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.speed: Speed | None = None
        self.measured: float | None = None
        self._flash = Flash(self)
        self.setFixedHeight(_HEAD)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Predicted speed"))
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(300, self.height())

    def show_speed(self, speed: Speed | None, measured: float | None, changed: bool) -> None:
        """Draw a prediction; None if the plan does not fit."""
        self.speed, self.measured = speed, measured
        self.setFixedHeight(_HEAD + len(CAUSES) * _LINE + _FOOT if speed else _HEAD)
        self.setAccessibleDescription(f"{self.headline}, {self.limit_words}. {self.comparison}. {self.first_words}")
        if changed:
            self._flash.light(["speed"])
        self.update()

    @property
    def headline(self) -> str:
        return speed_range(self.speed) if self.speed else tr("no speed")

    @property
    def limit_words(self) -> str:
        return (
            tr("limited by {limit}", limit=LIMITS.get(self.speed.limited_by, self.speed.limited_by))
            if self.speed
            else tr("does not fit")
        )

    @property
    def comparison(self) -> str:
        """Prediction and measurement side by side."""
        if self.speed is None:
            return ""
        middle = self.speed.tokens_per_second
        measured = tr(", measured {measured}", measured=figure(self.measured)) if self.measured is not None else ""
        return tr("predicted {middle}{measured} tok/s", middle=figure(middle), measured=measured)

    @property
    def _pace_words(self) -> str:
        """What earlier runs changed."""
        assert self.speed is not None
        if self.speed.pace == 1.0:
            return ""
        return tr(
            "Earlier runs took {pace:.2f} times the seconds of the parts below, which is in it. ", pace=self.speed.pace
        )

    @property
    def first_words(self) -> str:
        """How long a reply lets wait."""
        return (
            tr("first token after {first_token}", first_token=seconds_words(self.speed.first_token))
            if self.speed
            else ""
        )

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self.speed is not None:
            line = (event.pos().y() - _HEAD) // _LINE
            if 0 <= line < len(CAUSES):
                words = f"{CAUSES[line][1].capitalize()}: {CAUSES[line][2]}"
            else:
                words = tr(
                    "Tokens per second = tokens per step / seconds of one step: {tokens_per_step:.1f} "
                    "({tokens_per_step_source}) / {step_seconds}. {pace_words}The first token is for a "
                    "prompt of 512 tokens.",
                    tokens_per_step=self.speed.tokens_per_step,
                    tokens_per_step_source=self.speed.tokens_per_step_source,
                    step_seconds=seconds_words(self.speed.step_seconds),
                    pace_words=self._pace_words,
                )
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        width = float(self.width())
        number, unit = (self.headline.rsplit(" ", 1)) if self.speed else (self.headline, "")
        large = theme().font(20, bold=True)
        painter.setFont(large)
        painter.setPen(palette.ink if self.speed else palette.muted)
        painter.drawText(QPointF(0, 22), number)
        taken = QFontMetricsF(large).horizontalAdvance(number)
        painter.setFont(theme().font(13))
        painter.setPen(palette.muted)
        painter.drawText(QPointF(taken + 6, 22), unit)
        painter.setFont(theme().font(11))
        painter.drawText(QPointF(0, 39), self.limit_words)
        light = self._flash.colour("speed")
        if light is not None:
            painter.fillRect(QRectF(0, 0, width, 26), light)
        if self.speed is None:
            return
        self._paint_causes(painter, self.speed.seconds, width)
        aligned = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(palette.muted)
        painter.setFont(theme().font(11))
        foot = _HEAD + len(CAUSES) * _LINE
        painter.drawText(QRectF(0, foot, width, _FOOT / 2), aligned, self.comparison)
        painter.drawText(QRectF(0, foot + _FOOT / 2, width, _FOOT / 2), aligned, self.first_words)

    def _paint_causes(self, painter: QPainter, seconds: PassSeconds, width: float) -> None:
        """A bar per cause; lined is what hides: of the shorter of stream and compute, and of drafting."""
        palette = theme().palette
        fills = {
            "stream": pattern("hatched", palette.ssd, palette.ground),
            "compute": pattern("solid", palette.accent, palette.ground),
            "draft": pattern("backhatched", palette.draft, palette.ground),
            "choose": pattern("dotted", palette.muted, palette.ground),
        }
        values = {
            "stream": seconds.stream,
            "compute": seconds.compute,
            "draft": seconds.draft,
            "choose": seconds.sample,
        }
        longest = max(*values.values(), 1e-9)
        behind = min("stream", "compute", key=values.__getitem__)
        hidden = {behind: seconds.hidden - seconds.draft_hidden, "draft": min(seconds.draft_hidden, seconds.draft)}
        room = width - _NAME - _NUMBER - 8
        for line, (cause, name, _) in enumerate(CAUSES):
            y = _HEAD + line * _LINE
            painter.setFont(theme().font(11))
            painter.setPen(palette.muted)
            painter.drawText(QRectF(0, y, _NAME, _LINE), Qt.AlignmentFlag.AlignVCenter, name)
            bar = QRectF(_NAME, y + 5.5, max(1.0, values[cause] / longest * room), 9)
            painter.setPen(QPen(palette.muted, 1))
            painter.setBrush(fills[cause])
            painter.drawRect(bar if values[cause] else QRectF(_NAME, y + 5.5, 0, 9))
            # Less than that is what sums of seconds are rounded by.
            if values[cause] > 0 and hidden.get(cause, 0.0) > 1e-9:
                painter.setBrush(pattern("sparse", palette.muted, palette.ground))
                painter.drawRect(QRectF(bar.left(), bar.top(), bar.width() * hidden[cause] / values[cause], 9))
                painter.setPen(palette.muted)
                painter.drawText(QRectF(bar.right() + 6, y, 120, _LINE), Qt.AlignmentFlag.AlignVCenter, tr("hidden"))
            painter.setFont(theme().font(11, mono=True))
            painter.setPen(palette.ink)
            aligned = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(width - _NUMBER, y, _NUMBER, _LINE), aligned, seconds_words(values[cause]))
