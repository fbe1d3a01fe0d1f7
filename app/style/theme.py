"""The application's theme: palette, fonts and icons, and a signal for when they change."""

from __future__ import annotations

import sys
from enum import StrEnum
from functools import cache

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QStyle

from app.style.icons import tinted
from app.style.palette import DARK, LIGHT, Palette
from app.style.stylesheet import stylesheet


class Appearance(StrEnum):
    """Which theme the person wants."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(QObject):
    """What everything is drawn with.

    Before `wear` it is the light theme and touches no application, so that a panel can be tested on its own.

    Signals:
        changed: Colours are others now: repaint, and take fresh icons.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.palette: Palette = LIGHT
        self._appearance = Appearance.SYSTEM
        self._motion = True
        self._icons: dict[tuple[str, int, int], QIcon] = {}

    @property
    def dark(self) -> bool:
        return self.palette is DARK

    @property
    def appearance(self) -> Appearance:
        return self._appearance

    @property
    def reduced_motion(self) -> bool:
        """Whether things should change without moving: by the person's setting or the system's."""
        style = QApplication.style()
        still_style = style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0
        # Only Windows tells Qt whether the person has switched animations off; elsewhere the effect flags mean nothing.
        still_system = sys.platform == "win32" and not QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
        return not self._motion or still_style or still_system

    def wear(self, appearance: Appearance, motion: bool = True) -> None:
        """Dress the application, now and whenever the system turns dark or light."""
        hints = QGuiApplication.styleHints()
        self._motion = motion
        self._appearance = appearance
        hints.colorSchemeChanged.connect(self._dress, Qt.ConnectionType.UniqueConnection)
        scheme = {Appearance.LIGHT: Qt.ColorScheme.Light, Appearance.DARK: Qt.ColorScheme.Dark}.get(appearance)
        if scheme is None:
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(scheme)
        self._dress()

    def font(self, px: int = 13, mono: bool = False, bold: bool = False) -> QFont:
        """The system's font at `px` logical pixels; monospaced for tokens and numbers, whose figures are tabular."""
        kind = QFontDatabase.SystemFont.FixedFont if mono else QFontDatabase.SystemFont.GeneralFont
        font = QFontDatabase.systemFont(kind)
        font.setPixelSize(px)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def icon(self, name: str, px: int = 16, tint: QColor | None = None) -> QIcon:
        """A line icon of resources/icons, in ink unless `tint` says otherwise."""
        colour = tint if tint is not None else self.palette.ink
        key = (name, px, colour.rgb())
        if key not in self._icons:
            self._icons[key] = tinted(name, px, colour, self.palette.disabled)
        return self._icons[key]

    def _dress(self) -> None:
        system_dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        dark = {Appearance.LIGHT: False, Appearance.DARK: True}.get(self._appearance, system_dark)
        self.palette = DARK if dark else LIGHT
        self._icons.clear()
        QApplication.setPalette(qt_palette(self.palette))
        QApplication.setFont(self.font())
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setStyleSheet(stylesheet(self.palette))
        self.changed.emit()


def qt_palette(palette: Palette) -> QPalette:
    """Our tokens in the roles that Qt's own widgets draw with."""
    result = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: palette.ground,
        roles.WindowText: palette.ink,
        roles.Base: palette.surface,
        roles.AlternateBase: palette.well,
        roles.Text: palette.ink,
        roles.PlaceholderText: palette.muted,
        roles.Button: palette.surface,
        roles.ButtonText: palette.ink,
        roles.BrightText: palette.draft,
        roles.ToolTipBase: palette.surface,
        roles.ToolTipText: palette.ink,
        roles.Highlight: palette.accent,
        roles.HighlightedText: palette.on_accent,
        roles.Accent: palette.accent,
        roles.Link: palette.ram,
        roles.LinkVisited: palette.ram,
        roles.Light: palette.surface,
        roles.Midlight: palette.hover,
        roles.Mid: palette.line,
        roles.Dark: palette.others,
        roles.Shadow: palette.line,
    }.items():
        result.setColor(role, colour)
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, palette.disabled)
    return result


@cache
def theme() -> Theme:
    """The application's one theme."""
    return Theme()
