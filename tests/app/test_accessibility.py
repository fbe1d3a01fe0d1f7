"""Walks every widget of every page and panel: names for screen readers, the keyboard's way, contrast, small screens."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.arrangement import MONITOR, PLAN, TREE
from app.engine_link import EngineLink
from app.style.palette import contrast
from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.engine.client import EngineClient
from core.locations import user_data

WAIT = 15_000
READABLE = 4.5
SHARP = 4
"""Pixels a point when contrast is read off a picture: enough for thin strokes to reach their full colour."""

MOST_TABS = 300
"""Some keep the key for a while: every link of a text is a stop."""


def _tree_table(window: MainWindow) -> None:
    window.arrangement.show_side(TREE)
    window.tree.transport.table.click()


def _plan_table(window: MainWindow) -> None:
    window.arrangement.show_side(PLAN)
    window.planner.as_table.click()


def _worth(window: MainWindow) -> None:
    page = window.worth_page
    window.arrangement.show_page(page)
    while page.comparing.running:
        QApplication.processEvents()
    page.table.selectRow(0)


PAGES: dict[str, Callable[[MainWindow], None]] = {
    "tree": lambda window: window.arrangement.show_side(TREE),
    "tree as a table": _tree_table,
    "plan": lambda window: window.arrangement.show_side(PLAN),
    "plan as a table": _plan_table,
    "monitor": lambda window: window.arrangement.show_side(MONITOR),
    "settings of a chat": lambda window: window.chat.header.button.click(),
    "models": lambda window: window.arrangement.show_page(window.picker),
    "worth downloading": _worth,
    "settings": lambda window: window.arrangement.show_page(window.settings_page),
    "logs": lambda window: window.arrangement.show_page(window.log_page),
    "about": lambda window: window.arrangement.show_page(window.about_page),
    "help": lambda window: window.program.show_help(),
    "first start": lambda window: window.program.show_first_run(),
    "commands": lambda window: window.command_palette.open(),
    "a note": lambda window: window.toast.say("It is deleted.", "Undo", lambda: None),
    "a problem": lambda window: window.tell_problem("The drive is full.", "Free some space."),
}


@pytest.fixture
def window(
    qtbot: QtBot, make_client: Callable[[], EngineClient], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[MainWindow]:
    """A window with a loaded model and an answered question, so that nothing is empty."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no cache"))
    window = MainWindow(user_data(), EngineLink(make_client))
    window.settings.remember(welcomed=True)
    theme().wear(Appearance.LIGHT, motion=False)
    window.show()
    qtbot.waitUntil(lambda: window.planner.plan is not None, timeout=WAIT)
    window.show_chat()
    window.session.send("5 end")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    yield window
    window.close()
    window.deleteLater()


def test_everything_that_takes_the_focus_has_a_name(window: MainWindow) -> None:
    nameless = {page: [_say(widget) for widget in _controls(window) if not _name(widget)] for page in _pages(window)}
    assert nameless == {page: [] for page in PAGES}


def test_the_tab_key_reaches_every_control(window: MainWindow) -> None:
    missed = {}
    window.activateWindow()
    for page in _pages(window):
        reached = _walk(window)
        controls = [widget for widget in _controls(window) if not _has_other_keys(widget)]
        missed[page] = [_say(widget) for widget in controls if widget not in reached]
    assert missed == {page: [] for page in PAGES}


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_every_text_stands_out_from_what_is_behind_it(window: MainWindow, appearance: Appearance) -> None:
    theme().wear(appearance, motion=False)
    # Under its shadow, Qt paints the note at the screen's own resolution, too coarse to read colours from.
    shadow = window.toast.graphicsEffect()
    assert shadow is not None
    shadow.setEnabled(False)
    faint = {}
    for page in _pages(window):
        texts = [widget for widget in window.findChildren(QWidget) if _says_something(widget)]
        ratios = {_say(widget): _contrast(widget) for widget in texts}
        faint[page] = {widget: round(ratio, 2) for widget, ratio in ratios.items() if ratio < READABLE}
    assert faint == {page: {} for page in PAGES}


def test_every_page_fits_a_small_screen(window: MainWindow) -> None:
    least = {page: window.minimumSizeHint().toTuple() for page in _pages(window)}
    assert {page: size for page, size in least.items() if size[0] > 1024 or size[1] > 700} == {}


@pytest.mark.parametrize("scale", ["1", "2", "3"])
def test_the_window_can_be_used_at_any_scale(scale: str, tmp_path: Path) -> None:
    code = (
        "from PySide6.QtWidgets import QApplication\n"
        "application = QApplication([])\n"
        "from app.window import MainWindow\n"
        "from core.locations import user_data\n"
        "window = MainWindow(user_data())\n"
        "window.resize(1024, 700)\n"
        "window.show()\n"
        "picture = window.grab()\n"
        "print(window.width(), window.height(), picture.width())\n"
        "window.close()\n"
    )
    environment = {"QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen", "PENJING_HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    assert run.stdout.split() == ["1024", "700", str(1024 * int(scale))]


def _pages(window: MainWindow) -> Iterator[str]:
    """Shows one page after the other."""
    for page, show in PAGES.items():
        window.show_chat()
        show(window)
        QApplication.processEvents()
        yield page


def _says_something(widget: QWidget) -> bool:
    """Whether it shows text, whole."""
    match widget:
        case QComboBox():
            text = widget.currentText()
        case QLineEdit():
            text = widget.text() or widget.placeholderText()
        case QPlainTextEdit():
            text = widget.toPlainText() or widget.placeholderText()
        case QLabel() | QAbstractButton():
            text = widget.text()
        case _:
            return False
    whole = widget.isVisible() and widget.visibleRegion().boundingRect() == widget.rect()
    if not text.strip() or not whole or not widget.isEnabled():
        return False
    on_top = widget.window().childAt(widget.mapTo(widget.window(), widget.rect().center()))
    return on_top is widget or (on_top is not None and widget.isAncestorOf(on_top))


def _controls(window: QWidget) -> list[QWidget]:
    """What a person works with: parts of a control that Qt makes itself stand for the control."""
    found = []
    for widget in window.findChildren(QWidget):
        inside = isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox) or widget.parentWidget() is None
        control = isinstance(widget, QAbstractButton) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        part = inside or isinstance(widget, QScrollBar | QHeaderView | QLabel) or widget.focusProxy() is not None
        if control and not part and widget.isVisible() and widget.isEnabled():
            found.append(widget)
    return found


def _has_other_keys(widget: QWidget) -> bool:
    """Qt's own parts of fields and tables, whose work has keys: Ctrl+A above a table, Del in a field."""
    of_qt = isinstance(widget.parentWidget(), QLineEdit) or widget.objectName() == "qt_tableview_cornerbutton"
    return of_qt and widget.focusPolicy() is Qt.FocusPolicy.NoFocus


def _name(widget: QWidget) -> str:
    own = widget.accessibleName()
    return own or (widget.text() if isinstance(widget, QAbstractButton) else "")


def _walk(window: MainWindow) -> set[QWidget]:
    """Everything that has the focus once while the Tab key is pressed again and again."""
    start = widget = QApplication.focusWidget() or window
    reached: set[QWidget] = set()
    for _ in range(MOST_TABS):
        QTest.keyClick(widget, Qt.Key.Key_Tab)
        widget = QApplication.focusWidget() or window
        if widget is start and reached - {start}:
            break
        reached.add(widget)
    return reached | {start}


def _contrast(widget: QWidget) -> float:
    """Of the text of a widget, read off a picture: between what is most of it and what stands out most."""
    size = widget.size()
    picture = QImage(size * SHARP, QImage.Format.Format_RGB32)
    picture.fill(theme().palette.ground)
    painter = QPainter(picture)
    painter.scale(SHARP, SHARP)
    window = widget.window()
    area = widget.rect()
    # The window is drawn, and not the widget alone: what is behind it may belong to another.
    window.render(painter, QPoint(), area.translated(widget.mapTo(window, QPoint())), QWidget.RenderFlag.DrawChildren)
    painter.end()
    colours = Counter(picture.pixel(x, y) for x in range(0, picture.width(), 2) for y in range(0, picture.height(), 2))
    ground = QColor(colours.most_common(1)[0][0])
    # A lone pixel is a rounding of two neighbours; a stroke of a letter is more.
    return max((contrast(QColor(colour), ground) for colour, times in colours.items() if times >= 4), default=21.0)


def _say(widget: QWidget) -> str:
    parents = []
    above: QWidget | None = widget
    while above is not None:
        parents.append(type(above).__name__)
        above = above.parentWidget()
    scrolled = "scrolled " if isinstance(widget, QScrollArea) else ""
    return f"{scrolled}{_name(widget) or widget.objectName()} ({' in '.join(parents[:4])})"
