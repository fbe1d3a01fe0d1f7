"""Keeps the translations up to date: `python packaging/translations.py` after a visible text was changed.

Collects every text that `app` hands to `tr`, writes what is new into resources/translations/*.ts for somebody to
translate, drops what nobody says any more, and makes the .qm files that the program reads. With `--check` it changes
nothing and tells what is missing.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from xml.etree import ElementTree

from app.language import CONTEXT, FOLDER

ROOT = Path(__file__).resolve().parent.parent


def said(folder: Path = ROOT / "app") -> dict[str, str]:
    """Every text that is handed to `tr`, and the first file that does."""
    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                text = node.args[0]
                if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
                    if file.name == "language.py":
                        continue
                    raise SystemExit(f"{file}:{node.lineno}: tr takes a literal, else it cannot be collected.")
                found.setdefault(text.value, file.relative_to(folder.parent).as_posix())
    return found


def read(file: Path) -> dict[str, str]:
    """The translations in a .ts file by their English; empty where nobody has translated yet."""
    if not file.exists():
        return {}
    messages = ElementTree.parse(file).getroot().iter("message")
    return {message.findtext("source", ""): message.findtext("translation", "") for message in messages}


def write(file: Path, language: str, translations: dict[str, str]) -> None:
    """Write a .ts file, which Qt Linguist opens too."""
    root = ElementTree.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = CONTEXT
    for source, translation in sorted(translations.items()):
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "source").text = source
        element = ElementTree.SubElement(message, "translation")
        element.text = translation
        if not translation:
            element.set("type", "unfinished")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    file.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', encoding="utf-8")


def problems(translations: dict[str, str], texts: dict[str, str]) -> Iterator[str]:
    """What is wrong with a language: texts without a translation, translations with other places in them."""
    for text, file in texts.items():
        translation = translations.get(text, "")
        if not translation:
            yield f"{file}: not translated: {text!r}"
        elif places(text) != places(translation):
            yield f"{file}: other places in braces: {text!r} and {translation!r}"
    yield from (f"said by nobody: {text!r}" for text in translations.keys() - texts.keys())


def places(text: str) -> set[str]:
    """The names in braces of a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def main(check: bool) -> int:
    texts, wrong = said(), False
    for file in sorted(FOLDER.glob("penjing_*.ts")):
        kept = read(file)
        if not check:
            kept = {text: kept.get(text, "") for text in texts}
            write(file, file.stem.removeprefix("penjing_"), kept)
            release = Path(sys.executable).with_name("pyside6-lrelease")
            subprocess.run([release, "-silent", file, "-qm", file.with_suffix(".qm")], check=True)
        for problem in problems(kept, texts):
            print(f"{file.name}: {problem}")
            wrong = True
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
