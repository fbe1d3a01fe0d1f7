"""Makes a low-bit copy of a checkpoint, file by file and out of sight until it is whole, to go on wherever it ended."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from core.errors import BadRequest, DiskFull, UnusableModel
from core.models.bounded_json import read_object
from core.models.checkpoint import SHARD_INDEX
from core.quantize.recipe import Recipe
from core.quantize.shard import ShardWriter
from core.sizes import format_size

RECORD = "quantisation.json"
"""The file in a copy, finished or not, that says what it is made of and which of its files are whole."""

COPIED = (".json", ".jinja", ".model", ".txt")
LICENCES = ("licen", "notice", "use_policy")
"""Beginnings of the names of files that go with a model wherever it goes, in small letters."""

NO_ROOM = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_KEEP_FREE = 64 << 20
_HASHED = 4 << 20


@dataclass(frozen=True, slots=True)
class Done:
    """A finished copy.

    Attributes:
        kept: Files of weights that an earlier run had finished.
    """

    folder: Path
    files: int
    kept: int


def quantise(
    recipe: Recipe,
    out: Path,
    progress: Callable[[int], None] = lambda count: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Done:
    """Write a low-bit copy into the folder `out`, which appears once it is whole.

    Until then it is made in a hidden folder beside. If that was begun before, from the same files and for the same
    groups, its finished files are checked and kept.

    Args:
        progress: Called with the bytes of each piece of the source that is done, in this run or before.
        cancelled: Polled at every piece.

    Raises:
        BadRequest: `out` holds something else, or lies in the source, or is being written now.
        DiskFull, ReadFailed, UnusableModel; Cancelled.
    """
    out = out.absolute()
    made_of = _made_of(recipe)
    if _is_finished(out, made_of):
        progress(recipe.source_bytes)
        return Done(out, len(recipe.shards), len(recipe.shards))
    _check_place(recipe, out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _alone(out):
            return _Copy(recipe, out, made_of).finish(progress, cancelled)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise _no_room(out.parent, recipe.bytes) from error
        raise BadRequest(f"{out} cannot be written: {error.strerror}.", "Choose another folder with --out.") from error


class _Copy:
    """A copy in the making."""

    def __init__(self, recipe: Recipe, out: Path, made_of: dict[str, Any]) -> None:
        self._recipe = recipe
        self._out = out
        self._staging = out.with_name(f".{out.name}.quantising")
        self._made_of = made_of
        self._files: dict[str, str] = {}
        """The SHA-256 of every file of weights that is whole."""

    def finish(self, progress: Callable[[int], None], cancelled: Callable[[], bool]) -> Done:
        recipe = self._recipe
        self._take_up()
        kept = len(self._files)
        room = sum(
            sum(part.bytes for part in shard)
            for index, shard in enumerate(recipe.shards)
            if recipe.shard_name(index) not in self._files
        )
        if shutil.disk_usage(self._out.parent).free < room + _KEEP_FREE:
            self._discard_if_empty()
            raise _no_room(self._out.parent, room)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # Each thread rounds a piece of its own.
        try:
            self._write_shards(ShardWriter(recipe.bits, threads, progress, cancelled), progress)
        finally:
            torch.set_num_threads(threads)
        self._write_rest()
        if self._out.exists():
            self._out.rmdir()  # It is empty, and systems differ in whether a folder may take its place.
        self._staging.rename(self._out)
        return Done(self._out, len(self._files), kept)

    def _take_up(self) -> None:
        """Keep what an earlier run has finished, if it made the same; all else goes."""
        record = _read_record(self._staging)
        if record is not None and record["made_of"] == self._made_of:
            for name, digest in record["files"].items():
                file = self._staging / name
                if file.is_file() and sha256(file) == digest:
                    self._files[name] = digest
        if not self._files and self._staging.exists():
            shutil.rmtree(self._staging)
        self._staging.mkdir(exist_ok=True)
        for file in self._staging.iterdir():
            if file.name not in self._files:
                file.unlink()
        self._keep_record()

    def _write_shards(self, writer: ShardWriter, progress: Callable[[int], None]) -> None:
        recipe = self._recipe
        for index, parts in enumerate(recipe.shards):
            name = recipe.shard_name(index)
            if name in self._files:
                progress(sum(part.source.bytes for part in parts if part.kind in ("words", "copy")))
                continue
            partial = self._staging / f"{name}.partial"
            try:
                digest = writer.write(parts, partial)
            except UnusableModel:
                shutil.rmtree(self._staging)  # No later run would come further.
                raise
            except BaseException:
                partial.unlink(missing_ok=True)
                self._discard_if_empty()
                raise
            partial.replace(self._staging / name)
            self._files[name] = digest
            self._keep_record()

    def _write_rest(self) -> None:
        recipe, source = self._recipe, self._recipe.spec.folder
        for file in sorted(source.iterdir()):
            if _goes_along(file):
                shutil.copyfile(file, self._staging / file.name)
        places = {part.name: recipe.shard_name(index) for index, shard in enumerate(recipe.shards) for part in shard}
        _write_json(self._staging / SHARD_INDEX, {"metadata": {"total_size": recipe.bytes}, "weight_map": places})
        config = read_object(source / "config.json")
        _write_json(self._staging / "config.json", config | {"quantization_config": recipe.quantization_config()})

    def _keep_record(self) -> None:
        _write_json(self._staging / RECORD, {"made_of": self._made_of, "files": dict(sorted(self._files.items()))})

    def _discard_if_empty(self) -> None:
        if not self._files:
            shutil.rmtree(self._staging)


def sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_HASHED):
            digest.update(piece)
    return digest.hexdigest()


def _made_of(recipe: Recipe) -> dict[str, Any]:
    """What tells one copy from another: the source's files as they are now, and how they are rounded."""
    files = {part.source.file for shard in recipe.shards for part in shard}
    return {
        "model": recipe.spec.name,
        "config": sha256(recipe.spec.folder / "config.json"),
        "weights": {file.name: [file.stat().st_size, file.stat().st_mtime_ns] for file in sorted(files)},
        "bits": recipe.bits,
        "groups": recipe.groups,
        "shards": len(recipe.shards),
    }


def _read_record(folder: Path) -> dict[str, Any] | None:
    """None if there is none, or none that can be believed."""
    try:
        record = read_object(folder / RECORD)
    except (FileNotFoundError, NotADirectoryError, UnusableModel):
        return None
    files = record.get("files")
    if "made_of" not in record or not isinstance(files, dict):
        return None
    # A name with a folder in it would lead elsewhere.
    return record if all(Path(name).name == name and isinstance(files[name], str) for name in files) else None


def _is_finished(out: Path, made_of: dict[str, Any]) -> bool:
    record = _read_record(out)
    return record is not None and record["made_of"] == made_of


def _check_place(recipe: Recipe, out: Path) -> None:
    source = recipe.spec.folder.resolve()
    if out.resolve() == source or source in out.resolve().parents:
        what = f"{out} lies in the model that is to be quantised, which is left as it is."
        raise BadRequest(what, "Choose another folder with --out.")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise BadRequest(f"{out} exists already, with something else in it.", "Choose another folder with --out.")


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Raises BadRequest if another process makes the same folder now."""
    file = out.with_name(f".{out.name}.quantising.lock")
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise BadRequest(f"{out} is being written by another penjing.", "Wait until it is done.") from error
    try:
        yield
    finally:
        # First away and then open to others, where the system lets us, so that nobody's new lock is taken away.
        if os.name == "posix":
            file.unlink(missing_ok=True)
        lock.release()


def _no_room(folder: Path, needed: int) -> DiskFull:
    free = shutil.disk_usage(folder).free
    return DiskFull(
        f"The copy takes {format_size(needed + _KEEP_FREE)}, and the drive of {folder} has {format_size(free)} left.",
        "Free some, or choose a folder on another drive with --out.",
    )


def _goes_along(file: Path) -> bool:
    """Whether a file of the source belongs in the copy as it is: tokenizer, chat template, licence."""
    name = file.name.lower()
    if name.startswith(".") or not file.is_file() or name in ("config.json", SHARD_INDEX, RECORD):
        return False
    return name.endswith(COPIED) or name.startswith(LICENCES)


def _write_json(file: Path, content: dict[str, Any]) -> None:
    """Whole or not at all."""
    new = file.with_name(f"{file.name}.partial")
    with new.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)
