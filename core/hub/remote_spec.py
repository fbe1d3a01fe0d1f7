"""What a model on the hub is, read from its config.json and the headers of its weights, before any download.

A phantom of the model is written: real settings and headers, and holes that take no room where the weights would be.
It is opened like any model, so that what is refused there is refused here, and what fits there fits here.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO

from core.errors import UnusableModel
from core.hub.hub import Contents, Hub
from core.hub.manifest import HubFile
from core.hub.names import inside
from core.hub.selection import shard_names
from core.models.bounded_json import SETTINGS
from core.models.checkpoint import SHARD_INDEX, open_checkpoint
from core.models.safetensors_header import LARGEST_HEADER
from core.models.spec import ModelSpec

FIRST_READ = 1 << 17
"""Bytes. Most headers are shorter, and then one request is enough."""

CONNECTIONS = 4
READ_WHOLE = ("config.json", SHARD_INDEX)


def read_remote_spec(hub: Hub, contents: Contents) -> ModelSpec:
    """The model that a revision on the hub holds. Its files are gone again: the spec is for planning only.

    Raises:
        UnusableModel: It could not be used here.
        What `Hub` raises.
    """
    shards = shard_names(hub, contents)
    with tempfile.TemporaryDirectory(prefix="penjing-") as place:
        folder = Path(place) / contents.repository.split("/")[1]
        folder.mkdir()
        for name in READ_WHOLE:
            file = contents.file(name)
            if file is not None and (name == "config.json" or len(shards) > 1 or shards[0] != "model.safetensors"):
                (folder / name).write_bytes(_whole(hub, contents, file))
        files = [file for name in shards if (file := contents.file(name)) is not None]
        with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="headers") as pool:
            list(pool.map(partial(_write_phantom, hub, contents, folder), files))
        return open_checkpoint(folder)


def _whole(hub: Hub, contents: Contents, file: HubFile) -> bytes:
    if file.name == "config.json" and file.size > SETTINGS:
        raise UnusableModel(f"config.json of {contents.repository} is absurdly large.", "Choose another model.")
    return hub.read(contents.repository, contents.revision, file.name, 0, file.size)


def _write_phantom(hub: Hub, contents: Contents, folder: Path, file: HubFile) -> None:
    """A file of the right size with the right header, whose weights are a hole."""
    read = partial(hub.read, contents.repository, contents.revision, file.name)
    header = read(0, min(file.size, FIRST_READ))
    length = 8 + int.from_bytes(header[:8], "little")
    # A length that is absurd is left to the reader of headers, which says so.
    if len(header) < length <= min(file.size, 8 + LARGEST_HEADER):
        header += read(len(header), length)
    with inside(folder, file.name).open("wb") as stream:
        _make_sparse(stream)
        stream.write(header[:length])
        stream.truncate(file.size)


def _make_sparse(stream: BinaryIO) -> None:
    """Let holes take no room, on the one system that has to be asked for it."""
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        set_sparse, returned = 0x900C4, ctypes.c_ulong()
        handle = msvcrt.get_osfhandle(stream.fileno())
        ctypes.windll.kernel32.DeviceIoControl(handle, set_sparse, None, 0, None, 0, ctypes.byref(returned), None)
