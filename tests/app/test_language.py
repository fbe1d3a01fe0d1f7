from __future__ import annotations

import ast
import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator

from app.language import CONTEXT, FOLDER, LANGUAGES, tr
from app.settings.settings import Settings, chosen_language, save_settings

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "packaging" / "translations.py"

SHOWS = {
    *("setText", "setToolTip", "setAccessibleName", "setAccessibleDescription", "setPlaceholderText", "setWindowTitle"),
    *("QLabel", "QPushButton", "QCheckBox", "QAction", "Caption", "IconButton", "primary_button", "quiet_button"),
    *("addAction", "addMenu", "addTab", "setTitle", "setLabelText", "setNameFilters", "setInformativeText"),
    *("setHorizontalHeaderLabels", "tell", "say", "drawText", "setSpecialValueText", "addItem", "addItems"),
    *("BadRequest", "UnusableTrace", "PictureNotSaved", "SettingsFileUnreadable"),
}
"""What puts its texts on the screen."""

SAME_EVERYWHERE = {"Penjing", "Top-p", "Top-k", "Min-p", "VRAM", "RAM", "SSD", "English"}
UNITS = re.compile(r"\b(GiB|MiB|GB/s|MB/s|ms|s|k|tok/s)\b")


def test_every_text_has_a_translation_and_no_translation_is_left_over() -> None:
    check = subprocess.run([sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False)
    assert (check.stdout, check.returncode) == ("", 0)


def test_the_check_finds_what_is_missing_and_what_has_other_places() -> None:
    translations = runpy.run_path(str(TOOL))
    texts = {"{count} chats": "a.py", "Undo": "b.py"}
    found = list(translations["problems"]({"{count} chats": "{number} 个对话", "Gone": "没有了"}, texts))
    assert [problem.split(":")[1].strip() for problem in found[:2]] == ["other places in braces", "not translated"]
    assert "Gone" in found[2]


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code not in ("", "en")])
def test_what_the_program_reads_is_what_the_translator_wrote(language: str) -> None:
    from xml.etree import ElementTree

    translator = QTranslator()
    assert translator.load(f"penjing_{language}", str(FOLDER))
    for message in ElementTree.parse(FOLDER / f"penjing_{language}.ts").getroot().iter("message"):
        assert translator.translate(CONTEXT, message.findtext("source", "")) == message.findtext("translation")


def test_no_text_on_the_screen_bypasses_the_translation() -> None:
    found = []
    for file in sorted((ROOT / "app").rglob("*.py")):
        for line, text in _shown_literals(ast.parse(file.read_text(encoding="utf-8"))):
            found.append(f"{file.relative_to(ROOT)}:{line}: {text!r}")
    assert found == []


def test_without_a_translation_the_text_is_english_with_its_places_filled() -> None:
    assert tr("{count} chats", count=3) == "3 chats"
    assert tr("Traces (*.jsonl)") == "Traces (*.jsonl)"


def test_the_language_is_known_before_anything_is_said(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    assert chosen_language(file) == ""
    save_settings(Settings(language="zh_CN"), file)
    assert chosen_language(file) == "zh_CN"
    file.write_text("language = 7", encoding="utf-8")
    assert chosen_language(file) == ""


def test_the_window_speaks_the_language_that_was_chosen(tmp_path: Path) -> None:
    code = """
import json
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
application = QApplication([])
from app.language import speak
from core.locations import user_data
assert speak("zh_CN", application) == "zh_CN"
from app.window import MainWindow
window = MainWindow(user_data())
window.show()
texts = {widget.text() for kind in (QAbstractButton, QLabel) for widget in window.findChildren(kind)}
names = {action.text() for action in window.commands}
print(json.dumps(sorted(texts | names)))
window.close()
"""
    environment = os.environ | {"PENJING_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    from app.chat.panel import EXAMPLES  # questions to the demo model, which knows English only

    texts = [text for text in set(json.loads(run.stdout)) - set(EXAMPLES) if re.search("[A-Za-z]{3}", text)]
    assert "新对话" in json.loads(run.stdout)
    # Names of programs and models stay as they are; whatever else has Latin words in it has Chinese ones too.
    foreign = [text for text in texts if not re.search("[一-鿿]", text) and " " in text.strip()]
    assert foreign == []


def _shown_literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Literals with words in them that are handed to what shows texts, and not through `tr`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in SHOWS:
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            if _called(node) == "IconButton":
                arguments = arguments[1:]  # the first is the icon's name
            for argument in arguments:
                yield from _literals(argument)


def _literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Call | ast.Lambda | ast.Subscript | ast.Compare):
        return
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        if re.search("[A-Za-z]{2}", UNITS.sub("", text)):
            yield node.lineno, text
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if re.search("[A-Za-z]{2}", UNITS.sub("", node.value)) and node.value not in SAME_EVERYWHERE:
            yield node.lineno, node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _literals(child)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
