"""Brings the bytes of one file here, from where an earlier attempt ended, over the library's own transports.

What arrives is written at once and without a buffer of ours, so that a process that is killed loses nothing that it
wrote. Whether the bytes are right is not judged here.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from core.errors import Cancelled, DiskFull, HubFailed, Offline, PenjingError
from core.hub.hub import Hub
from core.hub.manifest import HubFile, Manifest
from core.hub.trouble import LATER, explained
from core.sizes import format_size

if TYPE_CHECKING:
    from huggingface_hub.file_download import HfFileMetadata

PIECE = 1 << 20
"""Bytes that are taken from the network at a time: what a kill or a cut connection may cost."""

LOOK_AT_DISK = 64 << 20
"""Bytes after which the room on the drive is looked at again: other programs write too."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

KEEP_FREE = 512 << 20
"""Bytes that a download leaves on a drive; a system whose drive is full behaves oddly."""


def transfer(
    hub: Hub,
    manifest: Manifest,
    file: HubFile,
    part: Path,
    *,
    arrived: Callable[[int], None],
    stop: Callable[[], bool],
    say: Callable[[str], None],
) -> None:
    """Append to `part` until it has the file's size.

    Args:
        arrived: Told of bytes written; a negative number of those that had to be dropped.
        stop: Asked between pieces.
        say: Told what a person should know of the way the bytes take.

    Raises:
        Cancelled: `stop` said so.
        Offline, HubFailed: Trying again later may help.
        DiskFull, and what else the hub answers.
    """
    place = hub.locate(manifest.repository, manifest.revision, file.name)
    if place.size is not None and place.size != file.size:
        raise HubFailed(f"The hub says two different sizes of {file.name}.", LATER)
    try:
        with part.open("ab", buffering=0) as stream:
            have = stream.tell()
            if have > file.size:
                stream.truncate(0)
                arrived(-have)
                have = 0
            sink = _Sink(stream, part.parent, arrived, stop)
            if not _by_xet(hub, place, file, sink, have, say):
                _by_http(hub, place, file, sink, stream.tell())
    except OSError as error:
        if error.errno in NO_ROOM:
            raise disk_full(part.parent, file.size - _size(part)) from error
        raise


def check_room(folder: Path, needed: int) -> None:
    """Raises DiskFull unless a folder's drive has room for so many bytes."""
    if needed and shutil.disk_usage(folder).free < needed + KEEP_FREE:
        raise disk_full(folder, needed)


def disk_full(folder: Path, needed: int) -> DiskFull:
    missing = max(1, needed + KEEP_FREE - shutil.disk_usage(folder).free)
    return DiskFull(
        f"The drive of {folder} has not enough room: {format_size(missing)} more are needed.",
        "Free some, and the download goes on where it was; or move the models folder (PENJING_MODELS).",
    )


def _by_http(hub: Hub, place: HfFileMetadata, file: HubFile, sink: _Sink, have: int) -> None:
    """Over plain HTTP, by range."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import http_get

    # The library takes ten times as much at once, which is then lost when a connection breaks.
    constants.DOWNLOAD_CHUNK_SIZE = PIECE
    # A file that is stored elsewhere is located by a signed address, and whoever keeps it must not see the token.
    own = place.location.startswith(f"{hub.endpoint}/")
    with _broken_off(hub):
        http_get(
            place.location,
            cast(BinaryIO, sink),
            resume_size=have,
            headers=hub.headers(signed=own),
            expected_size=file.size,
            tqdm_class=cast(Any, _NoBar),
        )


def _by_xet(hub: Hub, place: HfFileMetadata, file: HubFile, sink: _Sink, have: int, say: Callable[[str], None]) -> bool:
    """Over Xet, the hub's storage of deduplicated pieces, where the file is kept there. False if that did not work."""
    from huggingface_hub import constants

    if place.xet_file_data is None or constants.HF_HUB_DISABLE_XET or find_spec("hf_xet") is None:
        return False
    from hf_xet import XetFileInfo
    from huggingface_hub.utils._xet import get_xet_session, refresh_xet_connection_info, xet_headers_without_auth

    headers = hub.headers()
    try:
        connection = refresh_xet_connection_info(file_data=place.xet_file_data, headers=headers)
        group = get_xet_session().new_download_stream_group(  # type: ignore[no-untyped-call]
            endpoint=connection.endpoint,
            token=connection.access_token,
            token_expiry_unix_secs=connection.expiration_unix_epoch,
            token_refresh_url=place.xet_file_data.refresh_route,
            token_refresh_headers=headers,
            custom_headers=xet_headers_without_auth(headers),
        )
        for piece in group.download_stream(XetFileInfo(place.xet_file_data.file_hash, file.size), start=have):
            sink.write(piece)
    except (Cancelled, PenjingError):
        raise
    except Exception as error:  # What the library raises is whatever its Rust side does.
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise
        say(f"Over plain HTTP, because Xet failed ({type(error).__name__}).")
        return False
    return True


@contextmanager
def _broken_off(hub: Hub) -> Iterator[None]:
    """Trouble in the midst of a transfer: its place is no longer good, which is no refusal. It is asked for anew."""
    try:
        with explained("", hub.endpoint, with_token=True):
            yield
    except (Offline, HubFailed):
        raise
    except PenjingError as refused:
        raise HubFailed("The hub broke off a transfer.", LATER) from refused
    except OSError as error:
        if error.errno is not None:  # The drive's
            raise
        raise HubFailed("The hub sent less than it had promised.", LATER) from error


class _Sink:
    """The part file as the library writes to it: counts, looks after the drive, and lets go when asked to."""

    def __init__(self, stream: Any, folder: Path, arrived: Callable[[int], None], stop: Callable[[], bool]) -> None:
        self._stream = stream
        self._folder = folder
        self._arrived = arrived
        self._stop = stop
        self._until_look = 0

    def write(self, piece: bytes) -> int:
        if self._stop():
            raise Cancelled
        self._until_look -= len(piece)
        if self._until_look < 0:
            self._until_look = LOOK_AT_DISK
            check_room(self._folder, len(piece))
        view = memoryview(piece)
        while view:
            # An unbuffered file may take less than it is given.
            written = self._stream.write(view)
            self._arrived(written)
            view = view[written:]
        return len(piece)

    def tell(self) -> int:
        position: int = self._stream.tell()
        return position

    def seek(self, position: int) -> int:
        return int(self._stream.seek(position))

    def truncate(self) -> int:
        """What the library does where a server sends the whole file instead of its rest."""
        before = os.fstat(self._stream.fileno()).st_size
        size: int = self._stream.truncate()
        self._arrived(size - before)
        return size


class _NoBar:
    """Takes the place of the progress bar that the library would draw on the terminal."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def update(self, _: int = 0) -> None:
        pass

    def __enter__(self) -> _NoBar:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
