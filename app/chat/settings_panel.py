"""The open chat's own settings: presets, system prompt, how tokens are chosen, and which models write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.chat.chat_settings import Pair, reply_of, usable_reply
from app.chat.keeper import Keeper
from app.chat.session import Session
from app.language import tr
from app.settings.settings import Settings
from app.style.buttons import quiet_button

GENERAL, OWN = tr("As in general"), tr("This chat's own")
PROMPT_HEIGHT = 64

NARROWEST, PAIR_WIDTH = 340, 156
"""Pixels of the panel at least, and of a name with its field; as many of these stand side by side as there is room."""


class _Number(QDoubleSpinBox):
    """Leaves the wheel to what is around it: scrolling past must change nothing."""

    def __init__(self, name: str, tip: str, least: float, most: float, digits: int, step: float) -> None:
        super().__init__()
        self.setRange(least, most)
        self.setDecimals(digits)
        self.setSingleStep(step)
        self.setToolTip(tip)
        self.setAccessibleName(name)
        self.setFixedWidth(72)
        self.lineEdit().setTextMargins(6, 0, 6, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class SettingsPanel(QFrame):
    """Changes what is set for the open chat; every change takes effect with the next reply.

    Args:
        general: The general settings as they are now.
        chosen: The models that are chosen now, if any.

    Signals:
        preset_deleted: With its name and what it said.
    """

    preset_deleted = Signal(str, dict)

    def __init__(
        self,
        session: Session,
        keeper: Keeper,
        general: Callable[[], Settings],
        chosen: Callable[[], Pair | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._session = session
        self._keeper = keeper
        self._general = general
        self._chosen = chosen
        self._presets: dict[str, dict[str, Any]] = {}
        self.preset = QComboBox()
        self.preset.setAccessibleName(tr("Preset"))
        self.preset.setMinimumWidth(180)
        self.preset.activated.connect(self._take_preset)
        self.keep = quiet_button(tr("Save as preset …"))
        self.keep.clicked.connect(self._ask_name)
        self.remove = quiet_button(tr("Delete preset"))
        self.remove.clicked.connect(self._delete_preset)
        self.prompt = QPlainTextEdit()
        self.prompt.setAccessibleName(tr("System prompt of this chat"))
        self.prompt.setPlaceholderText(tr("System prompt: none"))
        self.prompt.setFixedHeight(PROMPT_HEIGHT)
        self.prompt.setTabChangesFocus(True)
        self.fields: dict[str, QDoubleSpinBox] = {
            "temperature": _Number(
                tr("Temperature"), tr("0: the best token always. 1: as the model says."), 0, 10, 2, 0.1
            ),
            "top_p": _Number("Top-p", tr("Only the best tokens that make up this probability."), 0.01, 1, 2, 0.05),
            "top_k": _Number("Top-k", tr("Only so many of the best tokens; 0 for all."), 0, 1_000_000, 0, 1),
            "min_p": _Number("Min-p", tr("Only tokens this fraction as likely as the best."), 0, 0.99, 2, 0.01),
            "repetition_penalty": _Number(
                tr("Penalty"), tr("Makes tokens used before less likely. 1: off."), 0.1, 10, 2, 0.05
            ),
            "max_new_tokens": _Number(
                tr("Most tokens"), tr("A reply ends here at the latest; 0: none."), 0, 1_000_000, 0, 1
            ),
            "seed": _Number(
                tr("Seed"), tr("The same question with the same seed gets the same reply."), 0, 2**52, 0, 1
            ),
        }
        self.random = QCheckBox(tr("new for each reply"))
        self.random.setAccessibleName(tr("A new seed for each reply"))
        self.own_pair = QCheckBox()
        self.own_pair.setMinimumWidth(120)
        self._labels = [QLabel(field.accessibleName()) for field in self.fields.values()]
        self._grid = QGridLayout()
        self._across = 0
        self._lay_out()
        self._connect()
        session.opened.connect(self.refresh)
        session.settings_changed.connect(self.refresh)
        self.refresh()

    @property
    def words(self) -> str:
        """Which settings are in use: a preset's name, the general ones, or the chat's own."""
        reply = self._session.chat.settings.reply
        if not reply:
            return GENERAL
        effective = reply_of(self._session.settings)
        fresh = reply_of(Settings())
        same = (name for name, preset in self._presets.items() if {**fresh, **preset} == effective)
        return next(same, OWN)

    def read_presets(self) -> None:
        """Find out which presets there are."""
        self._keeper.presets(self._show_presets)

    def refresh(self) -> None:
        """Show the open chat's settings."""
        settings = self._session.settings
        for name, field in self.fields.items():
            with QSignalBlocker(field):
                field.setValue(getattr(settings, name) or 0)
        with QSignalBlocker(self.random):
            self.random.setChecked(settings.random_seed)
        self.fields["seed"].setEnabled(not settings.random_seed)
        if self.prompt.toPlainText() != settings.system_prompt:
            with QSignalBlocker(self.prompt):
                self.prompt.setPlainText(settings.system_prompt)
        self._show_names()
        self.show_pair()

    def show_pair(self) -> None:
        """Show which models write, and which could."""
        own, chosen = self._session.chat.settings.pair, self._chosen()
        pair = own or chosen
        with QSignalBlocker(self.own_pair):
            self.own_pair.setChecked(own is not None)
        self.own_pair.setEnabled(pair is not None)
        self.own_pair.setText(
            tr("Always write this chat with {words}", words=self._fitting(pair.words))
            if pair is not None
            else tr("No models are chosen")
        )
        says = tr("Else with whichever models are chosen. They are loaded when you ask.")
        self.own_pair.setToolTip(f"{pair.words}\n{says}" if pair is not None else says)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self.show_pair()

    def _fitting(self, words: str) -> str:
        """The names of a pair, short enough for the panel's width."""
        metrics = self.own_pair.fontMetrics()
        before = metrics.horizontalAdvance(tr("Always write this chat with {words}", words=""))
        return metrics.elidedText(words, Qt.TextElideMode.ElideRight, self.width() - before - 60)

    def _lay_out(self) -> None:
        presets = QHBoxLayout()
        presets.addWidget(self.preset)
        presets.addWidget(self.keep)
        presets.addWidget(self.remove)
        presets.addStretch(1)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(8)
        for label, field in zip(self._labels, self.fields.values(), strict=True):
            label.setProperty("muted", True)
            label.setBuddy(field)
        self.setMinimumWidth(NARROWEST)
        self._arrange()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(presets)
        column.addWidget(self.prompt)
        fields = QHBoxLayout()
        fields.addLayout(self._grid)
        fields.addStretch(1)
        column.addLayout(fields)
        column.addWidget(self.own_pair, 0, Qt.AlignmentFlag.AlignLeft)

    def _arrange(self) -> None:
        """Names and fields, as many side by side as there is room."""
        across = max(2, min(4, (self.width() - 24) // PAIR_WIDTH))
        if across == self._across:
            return
        self._across = across
        for index, (label, field) in enumerate(zip(self._labels, self.fields.values(), strict=True)):
            row, place = divmod(index, across)
            self._grid.addWidget(label, row, 2 * place)
            self._grid.addWidget(field, row, 2 * place + 1)
        row, place = divmod(len(self.fields), across)
        self._grid.addWidget(self.random, row, 2 * place, 1, 2)

    def _connect(self) -> None:
        whole = ("top_k", "seed")

        def follow(name: str) -> Callable[[float], None]:
            if name == "max_new_tokens":
                return lambda value: self._set(name, int(value) or None)
            return lambda value: self._set(name, int(value) if name in whole else round(value, 4))

        for name, field in self.fields.items():
            field.valueChanged.connect(follow(name))
        self.random.toggled.connect(lambda on: self._set("random_seed", on))
        self.prompt.textChanged.connect(lambda: self._set("system_prompt", self.prompt.toPlainText()))
        self.own_pair.toggled.connect(self._take_pair)

    def _set(self, name: str, value: object) -> None:
        settings = self._session.chat.settings
        reply = {**settings.reply, name: value}
        # What is as in general follows it when that changes.
        if value == getattr(self._general(), name):
            reply.pop(name, None)
        self._session.set_settings(replace(settings, reply=reply))

    def _take_pair(self, own: bool) -> None:
        settings = self._session.chat.settings
        self._session.set_settings(replace(settings, pair=self._chosen() if own else None))

    def _show_presets(self, presets: dict[str, dict[str, Any]]) -> None:
        self._presets = {name: usable_reply(preset) for name, preset in presets.items()}
        self._show_names()
        self._session.settings_changed.emit()

    def _show_names(self) -> None:
        current = self.words
        self.preset.clear()
        self.preset.addItems([GENERAL, *self._presets, *([OWN] if current == OWN else [])])
        self.preset.setCurrentText(current)
        self.remove.setVisible(current in self._presets)

    def _take_preset(self) -> None:
        name = self.preset.currentText()
        if name in (GENERAL, *self._presets):
            preset = self._presets.get(name)
            reply = {**reply_of(Settings()), **preset} if preset is not None else {}
            self._session.set_settings(replace(self._session.chat.settings, reply=reply))

    def _ask_name(self) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(tr("Save as preset"))
        dialog.setLabelText(tr("Name"))
        dialog.setTextValue(self.words if self.words in self._presets else "")
        dialog.textValueSelected.connect(self.keep_preset)
        dialog.open()

    def keep_preset(self, name: str) -> None:
        """Keep the settings in use under a name."""
        name = name.strip()
        if name and name not in (GENERAL, OWN):
            settings = reply_of(self._session.settings)
            if not self._session.chat.settings.reply:
                self._session.set_settings(replace(self._session.chat.settings, reply=settings))
            self._keeper.keep_preset(name, settings, lambda _: self.read_presets())

    def _delete_preset(self) -> None:
        name = self.preset.currentText()
        if name in self._presets:
            self.preset_deleted.emit(name, self._presets[name])
            self._keeper.delete_preset(name, lambda _: self.read_presets())

    def bring_back(self, name: str, preset: dict[str, Any]) -> None:
        """Keep a preset again that was deleted."""
        self._keeper.keep_preset(name, preset, lambda _: self.read_presets())
