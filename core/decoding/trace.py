"""The trace of a reply: everything its steps did, as lines of JSON that are written as it goes and replayed at leisure.

The first line is `{"trace": {"version": 1, …}}`, a `TraceHead`. One line a step follows, `{"step": …}`, a `StepReport`,
and at the end of the reply `{"reply": …}`, a `ReplySummary`. Lines of other kinds are passed over. A file without its
last line, or with half of one at its end, is a reply that was cut short. Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from core.chat.message import Message
from core.decoding.report import ReplySummary, StepReport, TreeReport
from core.errors import BadRequest, TraceNotSaved, UnusableTrace
from core.sampling.settings import Sampling

VERSION = 1

_LONGEST = 1 << 28
"""Bytes of a line, beyond which no trace ever is: what is longer is another kind of file."""

_BEGIN = b'{"trace":'


@dataclass(frozen=True, slots=True)
class TraceHead:
    """What was asked, and of whom.

    Attributes:
        penjing: Version of the program.
        begun: ISO time at which the reply began.
        target, draft: Names of the models; no draft is "".
        messages, prompt, sampling: As in `core.engine.messages.Generate`.
    """

    penjing: str
    begun: str
    target: str
    draft: str = ""
    messages: tuple[Message, ...] = ()
    prompt: str = ""
    sampling: Sampling = Sampling()
    version: int = VERSION


Entry = TraceHead | StepReport | ReplySummary


@dataclass(frozen=True, slots=True)
class _Dated:
    """What a head of any version has."""

    version: int


_KIND = re.compile(rb'\s*{\s*"(\w+)"\s*:')
_KINDS: dict[bytes, type] = {b"trace": TraceHead, b"step": StepReport, b"reply": ReplySummary}


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    """The converter of a kind of line; made at first use, for it takes milliseconds to make."""
    return TypeAdapter(dict[str, kind])  # type: ignore[valid-type]


def to_line(entry: Entry) -> bytes:
    """An entry as a line of a trace, its end included."""
    name = next(name for name, kind in _KINDS.items() if isinstance(entry, kind))
    return _adapter(_KINDS[name]).dump_json({name.decode(): entry}) + b"\n"


def from_line(line: bytes) -> Entry | None:
    """The entry of a line; None if it is of a kind that is not known here. Raises ValueError if it is damaged."""
    kind = _KIND.match(line)
    if kind is None:
        raise ValueError("it has no kind")
    if kind[1] not in _KINDS:
        return None
    [entry] = _adapter(_KINDS[kind[1]]).validate_json(line).values()
    if isinstance(entry, StepReport):
        _check(entry.tree)
    known: Entry = entry
    return known


class TraceWriter:
    """Writes a trace line by line, each given to the system at once, so that a crash leaves all steps before it.

    A drive that fills up must not cost the reply: from then on nothing is written, and `close` says so.
    """

    def __init__(self, path: Path, head: TraceHead) -> None:
        """Replaces the file. Raises TraceNotSaved."""
        self._path = path
        self._failure: OSError | None = None
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise _not_saved(path, error) from error
        self.add(head)

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def add(self, entry: Entry) -> None:
        """Write an entry."""
        self.add_line(to_line(entry))

    def add_line(self, line: bytes) -> None:
        """Write what `to_line` returned."""
        rest = memoryview(line)
        while rest and self._failure is None:
            try:
                rest = rest[self._file.write(rest) :]
            except OSError as error:
                self._failure = error

    def close(self) -> None:
        """Raises TraceNotSaved if not all could be written."""
        self._file.close()
        if self._failure is not None:
            raise _not_saved(self._path, self._failure) from self._failure


def check_writable(path: Path) -> None:
    """Make sure, before anything is loaded, that a trace can be written; a file that is there stays as it is.

    Raises:
        TraceNotSaved: It cannot.
    """
    try:
        is_new = not path.exists()
        path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise _not_saved(path, error) from error


def read_trace(path: Path) -> Iterator[Entry]:
    """Read a trace line by line: its head, its steps, and unless it was cut short the summary of the reply.

    Raises:
        UnusableTrace: It cannot be read, is no trace, is of a newer version, or is damaged before its end.
    """
    try:
        with path.open("rb") as file:
            yield _head(path, file)
            yield from _entries(path, file)
    except OSError as error:
        raise UnusableTrace(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error


def _head(path: Path, file: BinaryIO) -> TraceHead:
    if file.read(len(_BEGIN)) == _BEGIN:
        line = _BEGIN + file.readline(_LONGEST)
        try:
            version = _adapter(_Dated).validate_json(line)["trace"].version
            if version > VERSION:
                raise UnusableTrace(
                    f"{path} is a trace of version {version}; this Penjing reads version {VERSION}.",
                    "Open it with a newer Penjing.",
                )
            entry = from_line(line)
        except (ValidationError, BadRequest):  # the latter from sampling settings that cannot be
            entry = None
        if isinstance(entry, TraceHead):
            return entry
    raise UnusableTrace(f"{path} is no trace of a reply.", "Choose a file that Penjing wrote with --trace.")


def _entries(path: Path, file: BinaryIO) -> Iterator[Entry]:
    number = 1
    while line := file.readline(_LONGEST):
        number += 1
        try:
            entry = from_line(line)
        except ValueError as error:
            if not file.read(1):
                return  # the last line: whatever wrote it did not come to its end
            remedy = "What comes before that line is in order: delete it and what follows."
            raise UnusableTrace(f"{path} is damaged in line {number}.", remedy) from error
        if entry is not None:
            yield entry


def _check(tree: TreeReport) -> None:
    """Raises ValueError unless a tree is one."""
    count = len(tree.parents)
    arrays = (tree.tokens, tree.texts, tree.probabilities, tree.scores, tree.ranks, tree.sources, tree.states)
    optional = (tree.beliefs, tree.target_probabilities, tree.target_ranks)
    whole = all(len(array) == count for array in arrays) and all(len(array) in (0, count) for array in optional)
    rooted = count > 0 and tree.parents[0] == -1 and 0 <= tree.exit_node < count
    if not (whole and rooted and all(0 <= parent < node for node, parent in enumerate(tree.parents) if node)):
        raise ValueError("the arrays are no tree")


def _not_saved(path: Path, error: OSError) -> TraceNotSaved:
    return TraceNotSaved(f"The trace {path} cannot be written: {error.strerror}.", "Choose another file for it.")
