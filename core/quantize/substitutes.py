"""Low-bit substitutes of a model's layers, each in a file of its own in the person's cache folder: made once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from core.errors import Cancelled, DiskFull, FolderNotWritable, UnusableModel
from core.hub.self_drafts import RECORD, record_of, self_drafts_folder, self_drafts_of
from core.models.formats.compressed_tensors import SymmetricRowWords
from core.models.grouping import MATRIX
from core.models.safetensors_header import read_header
from core.models.spec import ModelSpec, PackedWeight, TensorGroup
from core.offload.weight_reader import DTYPES
from core.planning.self_draft import BITS, GROUP
from core.quantize.job import NO_ROOM
from core.quantize.recipe import Part, common_groups, parts_of
from core.quantize.shard import ShardWriter
from core.sizes import format_size

_KEEP_FREE = 64 << 20
_WAIT = 0.2
"""Seconds between two looks whether another process is done."""

Progress = Callable[[int], None]
Stored = Mapping[str, Tensor]


class Substitutes:
    """The substitutes of one model's layers.

    What they are made of is known by the names, sizes and times of the files of weights. Those of an earlier state of
    the same folder are taken away.

    Attributes:
        folder: Where they are kept.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        files = sorted({tensor.file for group in spec.groups for tensor in group.tensors})
        self._made_of = {
            "model": str(spec.folder),
            "weights": {file.name: [file.stat().st_size, file.stat().st_mtime_ns] for file in files},
            "bits": BITS,
            "group": GROUP,
        }
        key = hashlib.sha256(json.dumps(self._made_of, sort_keys=True).encode()).hexdigest()[:16]
        self.folder = self_drafts_folder() / f"{spec.name}-{key}"

    def load(self, layers: Sequence[int], making: Progress, cancelled: Callable[[], bool]) -> Iterator[Substitute]:
        """The substitutes of some layers, one at a time; those that are missing or damaged are made first.

        Args:
            making: Called with the bytes of each piece of the model that was rounded.
            cancelled: Polled at every piece; what was made by then stays.

        Raises:
            DiskFull, FolderNotWritable, ReadFailed, UnusableModel; Cancelled.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._alone(cancelled):
                self._forget_others()
                self._clear_partial()
                yield from self._found_or_made(layers, making, cancelled)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise self._no_room(self._missing_bytes(layers)) from error
            what = f"The self-draft cannot be kept in {self.folder}: {error.strerror}."
            raise FolderNotWritable(what, "Make that folder writable, or choose another drafter.") from error

    def missing(self, layers: Sequence[int]) -> list[int]:
        """Those of some layers that are still to be made; whether files are damaged is not looked at."""
        digests = self._digests()
        return [index for index in layers if _name(index) not in digests or not self._file(index).is_file()]

    def _found_or_made(
        self, layers: Sequence[int], making: Progress, cancelled: Callable[[], bool]
    ) -> Iterator[Substitute]:
        needed = self._missing_bytes(layers)
        if needed and shutil.disk_usage(self.folder).free < needed + _KEEP_FREE:
            raise self._no_room(needed)
        for index in layers:
            if cancelled():
                raise Cancelled
            substitute = self._read(index)
            if substitute is None:
                self._make(index, making, cancelled)
                substitute = self._read(index)
                if substitute is None:
                    raise UnusableModel(
                        f"What was just written to {self._file(index)} cannot be read again.", "Check the drive."
                    )
            yield substitute

    def _make(self, index: int, making: Progress, cancelled: Callable[[], bool]) -> None:
        partial = self._file(index).with_suffix(".partial")
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # Each thread rounds a piece of its own.
        try:
            digest = ShardWriter(BITS, threads, making, cancelled).write(_parts(self._spec.layers[index]), partial)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        finally:
            torch.set_num_threads(threads)
        partial.replace(self._file(index))
        self._keep(self._digests() | {_name(index): digest})

    def _read(self, index: int) -> Substitute | None:
        """A substitute, if it is there and what it was when it was made."""
        digest, file = self._digests().get(_name(index)), self._file(index)
        if digest is None or not file.is_file():
            return None
        content = torch.empty(file.stat().st_size, dtype=torch.uint8)
        with file.open("rb", buffering=0) as stream:
            room = content.numpy().data
            while room and (count := stream.readinto(room)):
                room = room[count:]
        if hashlib.sha256(content.numpy().data).hexdigest() != digest:
            return None
        tensors = read_header(file)
        stored = {
            tensor.name: content[tensor.offset : tensor.offset + tensor.bytes]
            .view(DTYPES[tensor.dtype])
            .view(tensor.shape)
            for tensor in tensors
        }
        layer = self._spec.layers[index]
        packed = tuple(_packed(name, shape) for name, shape in layer.weights.items() if _words(name) in stored)
        return Substitute(index, TensorGroup(layer.prefix, tensors, packed), stored)

    def _digests(self) -> dict[str, str]:
        """The checksums of files that are whole; nothing if the record cannot be believed."""
        record = record_of(self.folder)
        files = record.get("files")
        return files if record.get("made_of") == self._made_of and isinstance(files, dict) else {}

    def _keep(self, digests: Mapping[str, str]) -> None:
        new = self.folder / f"{RECORD}.partial"
        with new.open("w", encoding="utf-8") as stream:
            json.dump({"made_of": self._made_of, "files": dict(sorted(digests.items()))}, stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self.folder / RECORD)

    def _clear_partial(self) -> None:
        """Take away what a process left that was killed."""
        for file in self.folder.glob("*.partial"):
            file.unlink()

    def _forget_others(self) -> None:
        """Take away what was made of the same folder when it held other files."""
        for folder in self_drafts_of(self._spec.folder):
            if folder != self.folder:
                shutil.rmtree(folder, ignore_errors=True)

    def _missing_bytes(self, layers: Sequence[int]) -> int:
        return sum(sum(part.bytes for part in _parts(self._spec.layers[index])) for index in self.missing(layers))

    def _no_room(self, needed: int) -> DiskFull:
        free = shutil.disk_usage(self.folder).free
        return DiskFull(
            f"The self-draft takes {format_size(needed + _KEEP_FREE)} in {self.folder.parent}, whose drive has "
            f"{format_size(free)} left.",
            "Free some, or choose another drafter.",
        )

    def _file(self, index: int) -> Path:
        return self.folder / _name(index)

    @contextmanager
    def _alone(self, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Wait until no other process makes the same."""
        lock = FileLock(self.folder.with_name(f".{self.folder.name}.lock"))
        while True:
            try:
                lock.acquire(timeout=_WAIT)
                break
            except Timeout:
                if cancelled():
                    raise Cancelled from None
        try:
            yield
        finally:
            lock.release()


@dataclass(frozen=True, slots=True)
class Substitute:
    """What stands in for a layer.

    Attributes:
        index: Of the layer.
        group: Packed matrices, and all else as it is in the layer.
        stored: The tensors of the group, in RAM.
    """

    index: int
    group: TensorGroup
    stored: Stored


def _parts(layer: TensorGroup) -> list[Part]:
    """What is stored for a layer, wider numbers first, so that every tensor lies at a multiple of its element."""
    chosen = [tensor for tensor in layer.plain if len(tensor.shape) == 2 and tensor.name.endswith(MATRIX)]
    groups = common_groups(chosen, GROUP)
    parts = [part for tensor in layer.plain for part in parts_of(tensor, tensor in chosen, BITS, groups)]
    return sorted((part for part in parts if part.kind != "shape"), key=lambda part: -DTYPES[part.dtype].itemsize)


def _packed(name: str, shape: tuple[int, ...]) -> PackedWeight:
    scales = name.removesuffix("weight") + "weight_scale"
    return PackedWeight(name, shape, {"words": _words(name), "scales": scales}, SymmetricRowWords(BITS))


def _words(name: str) -> str:
    return name.removesuffix("weight") + "weight_packed"


def _name(index: int) -> str:
    return f"layer-{index:05}.safetensors"
