"""Reads the docstrings of Python's standard library as a list of names with their answers.

Knows nothing of chats, tokens or models. The walk is sorted and looks only at what a running Python carries, so the
same Python always gives the same corpus. Another Python version gives a slightly different one.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import pkgutil
import re
import sys
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

ANSWER_CHARACTERS = 320
"""Answers end at the last sentence that fits in this many characters."""

SIGNATURE_CHARACTERS = 90
"""Longer signatures are shown as `name(...)`: they are tedious to read and to learn."""

SKIPPED = frozenset({
    "__main__", "antigravity", "this", "idlelib", "lib2to3", "test", "turtledemo", "turtle", "tkinter", "ensurepip",
    "distutils", "encodings", "pydoc_data", "sre_compile", "sre_constants", "sre_parse", "nturl2path", "msilib",
    "winreg", "ntpath", "posixpath", "posix", "nt",
})  # fmt: skip
"""Modules that open windows or browsers, test or build Python, repeat themselves, or are known by another name."""

_SIGNATURE_LINE = re.compile(r"^[\w.]+\(.*\)(\s*->.*)?(\s*--.*)?$")
_SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!etc)(?<!vs)(?<!cf)(?<![A-Z])[.!?][\"')]?\s+(?=[A-Z\"'(`*<0-9\[])")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Entry:
    """One documented name: `kind` is module, class, function or method; `summary` is the docstring's first sentence."""

    name: str
    kind: str
    summary: str
    answer: str


def standard_library() -> list[Entry]:
    """Every documented public name, in a fixed order, each object once and each under one name."""
    entries: dict[str, Entry] = {}
    seen: set[int] = set()
    for name, module in _modules():
        for candidate, kind, thing in _documented(name, module):
            if id(thing) in seen and kind != "module":
                continue
            seen.add(id(thing))
            entry = _entry(candidate, kind, thing)
            if entry is not None:
                entries.setdefault(entry.name, entry)
    return list(entries.values())


def sentences(text: str) -> list[str]:
    """Splits a paragraph after full stops that are followed by a new sentence."""
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    return [text[a:b].strip() for a, b in pairwise(starts) if text[a:b].strip()]


def _modules() -> list[tuple[str, types.ModuleType]]:
    """Importable public modules with their names; builtins first, so that `open` is not called io.open.

    All are imported before any is read, because importing a submodule can change its package (curses.has_key).
    """
    names = ["builtins", "os", "os.path"]
    tops = sorted(n for n in sys.stdlib_module_names if not n.startswith("_") and n not in SKIPPED)
    for top in tops:
        module = _import(top)
        if module is None:
            continue
        names.append(top)
        if hasattr(module, "__path__"):
            names += sorted(info.name for info in _submodules(module) if "._" not in info.name)
    imported = [(name, _import(name)) for name in dict.fromkeys(names)]
    return [(name, module) for name, module in imported if module is not None]


def _submodules(package: types.ModuleType) -> Iterator[pkgutil.ModuleInfo]:
    """Modules below a package, without tests and without `__main__`, which would run."""
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        last = info.name.rpartition(".")[2]
        if last.startswith("_") or last in {"test", "tests", "idle_test"}:
            continue
        yield info
        if info.ispkg:
            module = _import(info.name)
            if module is not None:
                yield from _submodules(module)


def _import(name: str) -> types.ModuleType | None:
    """Imports quietly; a module of another platform, or one that does not load here, is left out."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except (ImportError, OSError, AttributeError):
            return None


def _documented(name: str, module: types.ModuleType) -> Iterator[tuple[str, str, object]]:
    """The module itself, then its public functions and classes, then the methods that each class itself defines."""
    yield name, "module", module
    prefix = "" if name == "builtins" else name + "."
    exported = getattr(module, "__all__", None)
    for attribute in sorted(set(exported or dir(module))):
        thing = getattr(module, attribute, None)
        if attribute.startswith("_") or (exported is None and not _belongs(thing, name)):
            continue
        if inspect.isclass(thing):
            yield prefix + attribute, "class", thing
            for method in sorted(vars(thing)):
                if not method.startswith("_"):
                    function = inspect.getattr_static(thing, method)
                    if isinstance(function, (staticmethod, classmethod)):
                        function = function.__func__
                    if inspect.isroutine(function) and not _foreign(function):
                        yield f"{prefix}{attribute}.{method}", "method", function
        elif inspect.isroutine(thing) and not _foreign(thing):
            yield prefix + attribute, "function", thing


def _foreign(function: object) -> bool:
    """Whether some other library has put this into the standard one, as transformers does with logging.Logger."""
    home = getattr(function, "__module__", None)
    return isinstance(home, str) and home.partition(".")[0] not in sys.stdlib_module_names


def _belongs(thing: object, module: str) -> bool:
    """Without `__all__`, a name belongs to the module that defines it (or its C twin, as `_struct` is to struct)."""
    if module == "builtins":
        return True
    home = getattr(thing, "__module__", None)
    return home is None or home.lstrip("_") in (module, "builtins", module.rpartition(".")[2], "posix", "nt")


def _entry(name: str, kind: str, thing: object) -> Entry | None:
    """An entry, or None for what has no docstring of its own or one that says nothing."""
    document = thing.__dict__.get("__doc__") if inspect.isclass(thing) else getattr(thing, "__doc__", None)
    if not isinstance(document, str):
        return None
    written, paragraphs = _paragraphs(inspect.cleandoc(document))
    if not paragraphs:
        return None
    summary = sentences(paragraphs[0])[0]
    if not 15 <= len(summary) <= ANSWER_CHARACTERS or not summary.isascii():
        return None
    return Entry(name, kind, summary, f"`{_signature(name, kind, thing, written)}`\n\n{_shorten(paragraphs)}")


def _paragraphs(document: str) -> tuple[str, list[str]]:
    """The signature that the docstring itself starts with, if any, and the plain paragraphs at its start."""
    lines = document.split("\n")
    written = ""
    while lines and (not lines[0].strip() or _SIGNATURE_LINE.match(lines[0].strip())):
        line = lines.pop(0).strip()
        written = written or line.partition(" -- ")[0].strip()
    paragraphs: list[str] = []
    for block in re.split(r"\n\s*\n", "\n".join(lines)):
        plain = not re.search(r">>>|^\s*[-*=:+|]{1,}|^ {4,}\S.*\n {4,}", block, re.MULTILINE)
        if not block.strip():
            continue
        if paragraphs and (not plain or block.startswith(" ")):
            break  # lists, tables, examples and headings do not survive being joined into one line
        paragraphs.append(" ".join(block.split()))
    return written, paragraphs


def _shorten(paragraphs: list[str]) -> str:
    """Whole sentences up to ANSWER_CHARACTERS, at least the first."""
    kept: list[str] = []
    length = 0
    for paragraph in paragraphs:
        fitting: list[str] = []
        for sentence in sentences(paragraph):
            length += len(sentence) + 1
            if length > ANSWER_CHARACTERS and (kept or fitting):
                break
            fitting.append(sentence)
        if fitting:
            kept.append(" ".join(fitting))
        if length > ANSWER_CHARACTERS:
            break
    if kept[-1].endswith(":") and len(kept) > 1:
        kept.pop()  # it announced something that is not there
    return "\n\n".join(kept)


def _signature(name: str, kind: str, thing: object, written: str) -> str:
    """How the thing is called, without annotations; what cannot be known or is too long becomes `(...)`."""
    if kind == "module":
        return f"import {name}"
    try:
        signature = inspect.signature(thing)  # type: ignore[arg-type]  # builtins are callable too
        parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
        if kind == "method" and parameters and parameters[0].name in ("self", "cls", "type"):
            parameters = parameters[1:]
        shown = str(signature.replace(parameters=parameters, return_annotation=signature.empty))
    except (ValueError, TypeError, AttributeError):  # the last from builtins whose default is not a name yet
        shown = "(" + written.partition("(")[2] if written else "(...)"
    shown = _ADDRESS.sub("", shown)
    return name + (shown if len(shown) <= SIGNATURE_CHARACTERS and "<" not in shown else "(...)")
