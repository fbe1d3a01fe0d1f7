"""The settings page: how replies are chosen, and how the window looks. Every change takes effect at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRegularExpression, Qt, QTimer
from PySide6.QtGui import QRegularExpressionValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from app.language import LANGUAGES, tr
from app.settings.settings import Settings
from app.style.page import Caption, Page
from app.style.theme import Appearance

NAME_WIDTH, FIELD_WIDTH = 124, 96
ROW_HEIGHT = 30
PROMPT_HEIGHT = 96
TYPING_PAUSE_MS = 400
APPEARANCES = {
    tr("Follow the system"): Appearance.SYSTEM,
    tr("Light"): Appearance.LIGHT,
    tr("Dark"): Appearance.DARK,
}


class SettingsPage(Page):
    """Shows the settings and passes on each change. A seed that is not complete is not passed on.

    Args:
        remember: Called with the fields that changed.
    """

    def __init__(self, settings: Settings, remember: Callable[..., None], parent: QWidget | None = None) -> None:
        super().__init__(tr("Settings"), parent)
        self._remember = remember
        self.temperature = _decimal(0, 10, 0.1, 2, tr("0: the best token always. 1: as the model says."))
        self.top_p = _decimal(0.01, 1, 0.05, 2, tr("Only the best tokens that make up this probability."))
        self.top_k = _whole(0, 1_000_000, tr("Only so many of the best tokens."), zero=tr("all"))
        self.min_p = _decimal(0, 0.99, 0.01, 2, tr("Only tokens this fraction as likely as the best."))
        self.penalty = _decimal(0.1, 10, 0.05, 2, tr("Makes tokens already used less likely. 1: off."))
        self.limit = _whole(0, 10_000_000, tr("A reply ends here at the latest."), zero=tr("none"))
        self.seed = QLineEdit()
        self.seed.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,18}"), self.seed))
        self.seed.setFixedWidth(FIELD_WIDTH)
        self.seed.setToolTip(tr("The same question with the same seed gets the same reply."))
        self.random = QCheckBox(tr("new for each reply"))
        self.random.setMinimumHeight(ROW_HEIGHT)
        self.prompt = QPlainTextEdit()
        self.prompt.setPlaceholderText(tr("None"))
        self.prompt.setFixedHeight(PROMPT_HEIGHT)
        self.prompt.setTabChangesFocus(True)
        self.appearance = QComboBox()
        self.appearance.addItems(list(APPEARANCES))
        self.appearance.setFixedWidth(180)
        self.language = QComboBox()
        for code, name in LANGUAGES.items():
            self.language.addItem(name or tr("Follow the system"), code)
        self.language.setFixedWidth(180)
        self.still = QCheckBox(tr("Reduce motion"))
        self.still.setMinimumHeight(ROW_HEIGHT)
        self._typing = QTimer(self, interval=TYPING_PAUSE_MS, singleShot=True)
        self._typing.timeout.connect(lambda: self._remember(system_prompt=self.prompt.toPlainText()))
        self._lay_out_page()
        self.show_settings(settings)
        self._connect()

    def show_settings(self, settings: Settings) -> None:
        """Show other settings."""
        self.temperature.setValue(settings.temperature)
        self.top_p.setValue(settings.top_p)
        self.top_k.setValue(settings.top_k)
        self.min_p.setValue(settings.min_p)
        self.penalty.setValue(settings.repetition_penalty)
        self.limit.setValue(settings.max_new_tokens or 0)
        self.seed.setText(str(settings.seed))
        self.random.setChecked(settings.random_seed)
        self.seed.setEnabled(not settings.random_seed)
        self.prompt.setPlainText(settings.system_prompt)
        self.appearance.setCurrentText(next(k for k, v in APPEARANCES.items() if v is settings.appearance))
        self.language.setCurrentIndex(self.language.findData(settings.language))
        self.still.setChecked(not settings.motion)

    def add_section(self, title: str, section: QWidget) -> None:
        """Add a part that looks after itself, at the end."""
        last = self.column.count() - 1  # what stretches below
        self.column.insertSpacing(last, 16)
        self.column.insertWidget(last + 1, Caption(title))
        self.column.insertWidget(last + 2, section)

    def _lay_out_page(self) -> None:
        self.column.addWidget(Caption(tr("Replies")))
        replies = _form()
        for name, field in (
            (tr("Temperature"), self.temperature),
            ("Top-p", self.top_p),
            ("Top-k", self.top_k),
            ("Min-p", self.min_p),
            (tr("Repetition penalty"), self.penalty),
            (tr("Most tokens"), self.limit),
        ):
            _add(replies, name, field, _hint(field.toolTip()))
        _add(replies, tr("Seed"), self.seed, self.random)
        _add(replies, tr("System prompt"), self.prompt)
        self.column.addLayout(replies)
        reset = QPushButton(tr("Reset replies to defaults"))
        reset.clicked.connect(self._reset)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(reset)
        self.column.addLayout(line)
        self.column.addSpacing(16)
        self.column.addWidget(Caption(tr("Appearance")))
        looks = _form()
        _add(looks, tr("Theme"), self.appearance)
        _add(looks, tr("Language"), self.language, _hint(tr("Takes effect at the next start.")))
        _add(looks, tr("Motion"), self.still)
        self.column.addLayout(looks)
        self.column.addStretch(1)

    def _connect(self) -> None:
        def pass_on(signal: Any, field: str) -> None:
            signal.connect(lambda value: self._remember(**{field: value}))

        pass_on(self.temperature.valueChanged, "temperature")
        pass_on(self.top_p.valueChanged, "top_p")
        pass_on(self.top_k.valueChanged, "top_k")
        pass_on(self.min_p.valueChanged, "min_p")
        pass_on(self.penalty.valueChanged, "repetition_penalty")
        self.limit.valueChanged.connect(lambda value: self._remember(max_new_tokens=value or None))
        self.seed.editingFinished.connect(lambda: self._remember(seed=int(self.seed.text())))
        self.random.toggled.connect(self._take_random)
        self.prompt.textChanged.connect(self._typing.start)
        self.appearance.currentTextChanged.connect(lambda name: self._remember(appearance=APPEARANCES[name]))
        self.language.currentIndexChanged.connect(lambda: self._remember(language=self.language.currentData()))
        self.still.toggled.connect(lambda still: self._remember(motion=not still))

    def _take_random(self, random: bool) -> None:
        self.seed.setEnabled(not random)
        self._remember(random_seed=random)

    def _reset(self) -> None:
        fresh = Settings()
        self.temperature.setValue(fresh.temperature)
        self.top_p.setValue(fresh.top_p)
        self.top_k.setValue(fresh.top_k)
        self.min_p.setValue(fresh.min_p)
        self.penalty.setValue(fresh.repetition_penalty)
        self.limit.setValue(0)
        self.random.setChecked(fresh.random_seed)
        self.prompt.setPlainText(fresh.system_prompt)


class _Decimal(QDoubleSpinBox):
    """Leaves the wheel to the page: scrolling past must change nothing."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Whole(QSpinBox):
    """Leaves the wheel to the page."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(8)
    return form


def _add(form: QFormLayout, name: str, field: QWidget, beside: QWidget | None = None) -> None:
    label = QLabel(name)
    label.setBuddy(field)
    label.setMinimumWidth(NAME_WIDTH)
    label.setFixedHeight(ROW_HEIGHT)
    field.setAccessibleName(name)
    if beside is None:
        form.addRow(label, field)
        return
    line = QHBoxLayout()
    line.setSpacing(12)
    line.addWidget(field, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(beside, 1)
    form.addRow(label, line)


def _hint(text: str) -> QLabel:
    hint = QLabel(text)
    hint.setProperty("muted", True)
    hint.setWordWrap(True)
    return hint


def _plain(field: QAbstractSpinBox, tip: str) -> None:
    field.setToolTip(tip)
    field.setFixedWidth(FIELD_WIDTH)
    field.lineEdit().setTextMargins(6, 0, 6, 0)


def _decimal(least: float, most: float, step: float, digits: int, tip: str) -> QDoubleSpinBox:
    field = _Decimal()
    field.setDecimals(digits)
    field.setRange(least, most)
    field.setSingleStep(step)
    _plain(field, tip)
    return field


def _whole(least: int, most: int, tip: str, zero: str) -> QSpinBox:
    field = _Whole()
    field.setRange(least, most)
    field.setSpecialValueText(zero)
    _plain(field, tip)
    return field
