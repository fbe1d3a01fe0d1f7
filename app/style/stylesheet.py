"""The small style sheet over Qt's Fusion style: a 4 px grid, radius 6, hairlines."""

from __future__ import annotations

from string import Template

from app.style.icons import FOLDER
from app.style.palette import LIGHT, Palette, mix

_SHEET = Template("""
QToolTip { background: $surface; color: $ink; border: 1px solid $line; padding: 4px 8px; }

QMainWindow::separator { background: $ground; border-left: 1px solid $line; width: 3px; height: 1px; }
QMainWindow::separator:hover { border-left-color: $accent; }

QPushButton {
    background: $surface; color: $ink; border: 1px solid $line; border-radius: 6px; padding: 4px 12px; min-height: 20px;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:disabled { color: $disabled; }
QPushButton:focus { border-color: $accent; }
QPushButton[primary="true"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[primary="true"]:hover { background: $accent_hover; }
QPushButton[primary="true"]:focus { border-color: $ink; }
QPushButton[primary="true"]:disabled { background: $pressed; color: $disabled; border-color: $line; }
QPushButton[quiet="true"] { background: transparent; border-color: transparent; padding: 4px 8px; }
QPushButton[quiet="true"]:hover { background: $hover; }
QPushButton[quiet="true"]:pressed { background: $pressed; }
QPushButton[quiet="true"]:focus { border-color: $accent; }

QToolButton { background: transparent; color: $ink; border: 1px solid transparent; border-radius: 6px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $pressed; }
QToolButton:focus { border-color: $accent; }
QToolButton[primary="true"] { background: $accent; }
QToolButton[primary="true"]:hover { background: $accent_hover; }
QToolButton[primary="true"]:focus { border-color: $ink; }
QToolButton[primary="true"]:disabled { background: $pressed; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit {
    background: $surface; color: $ink; border: 1px solid $line; border-radius: 6px; padding: 4px 8px;
    selection-background-color: $accent; selection-color: $on_accent; placeholder-text-color: $muted;
}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { min-height: 20px; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus { border-color: $accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: $disabled; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; height: 0; border: none; }
QAbstractSpinBox QLineEdit { border: none; padding: 0; min-height: 0; background: transparent; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox[compact="true"] { padding: 4px; }
QComboBox[compact="true"]::drop-down { width: 16px; }
QComboBox::down-arrow { image: url("$chevron"); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
    background: $surface; border: 1px solid $line; padding: 4px; selection-background-color: $selected;
    selection-color: $ink; outline: none;
}

QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $others; border-radius: 4px; background: $surface; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$check"); }

QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar { background: transparent; }
QTabBar::tab {
    background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent;
    padding: 8px 12px 6px 12px; margin: 0;
}
QTabBar::tab:hover { color: $ink; }
QTabBar::tab:selected { color: $ink; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $accent; }

QListView { background: transparent; border: none; outline: none; }
QListView:focus { outline: none; }
QListView[plain="true"]::item { padding: 4px 8px; border-radius: 6px; }
QListView[plain="true"]::item:hover { background: $hover; }
QListView[plain="true"]::item:selected { background: $selected; color: $ink; }

QTableView { background: $surface; border: 1px solid $line; border-radius: 6px; outline: none; }
QTableView:focus { border-color: $accent; }
QTableView { selection-background-color: $selected; selection-color: $ink; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QTableView[plain="true"] { gridline-color: transparent; }
QTableView[plain="true"]::item { padding: 4px 8px; border-bottom: 1px solid $line; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section {
    background: transparent; color: $muted; border: none; border-bottom: 1px solid $line; padding: 2px 4px;
    font-size: 11px;
}
QTableView[roomy="true"] QHeaderView::section, QTableView[plain="true"] QHeaderView::section { padding: 2px 8px; }
QTableView QTableCornerButton::section { background: transparent; border: none; }

QScrollArea, QScrollArea > QWidget > QWidget#page { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $others; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSlider::groove:horizontal { background: $line; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
    background: $surface; border: 2px solid $accent; width: 12px; height: 12px; margin: -6px 0; border-radius: 8px;
}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: $selected; }
QSlider::sub-page:horizontal:disabled { background: $others; }
QSlider::handle:horizontal:disabled { border-color: $others; }

QProgressBar { background: $line; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QMenu { background: $surface; border: 1px solid $line; border-radius: 6px; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selected; color: $ink; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QStatusBar { background: $ground; border-top: 1px solid $line; }
QStatusBar::item { border: none; }

QFrame[card="true"] { background: $surface; border: 1px solid $line; border-radius: 6px; }
QFrame[card="true"][active="true"] { border-color: $accent; }
QFrame[bar="true"] { background: $ground; border: none; border-bottom: 1px solid $line; }
QFrame[rule="true"] { background: $line; border: none; max-height: 1px; min-height: 1px; }
QLabel[muted="true"] { color: $muted; }
QLabel[wrong="true"] { color: $draft; }
QLabel[card="true"] { background: $surface; border: 1px solid $line; border-radius: 6px; padding: 8px 12px; }
""")

_NAMES = (
    *("ground", "surface", "line", "ink", "muted", "accent", "draft", "others"),
    *("on_accent", "hover", "pressed", "selected", "disabled"),
)


def stylesheet(palette: Palette) -> str:
    """The style sheet in a palette's colours."""
    colours = {name: getattr(palette, name).name() for name in _NAMES}
    accent_hover = mix(palette.accent, palette.ink, 0.15).name()
    # A style sheet takes pictures from files only, so these two come in the colours that they are needed in.
    chevron = (FOLDER / "chevron-down-muted.svg").as_posix()
    check = (FOLDER / ("check-light.svg" if palette is LIGHT else "check-dark.svg")).as_posix()
    return _SHEET.substitute(colours, accent_hover=accent_hover, chevron=chevron, check=check)
