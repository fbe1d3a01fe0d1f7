"""Files are read past the page cache, in the way of each system. Other systems' functions are written down here."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from core.errors import ReadFailed
from core.machine import direct_file
from core.machine.direct_file import ALIGNMENT, DirectFile, LinuxFile, MacFile, WindowsFile, open_direct

SIZE = 5 * ALIGNMENT + 100

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at what only Linux shows")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows locks open files, and runs the real thing")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "weights")


def written(path: Path, size: int = SIZE) -> Path:
    with path.open("wb") as stream:
        stream.write(os.urandom(size))
        os.fsync(stream.fileno())
    return path


def read_at(file: DirectFile, offset: int, size: int) -> bytes:
    target = memoryview(mmap.mmap(-1, size))
    count = file.read_at(offset, target)
    return bytes(target[:count])


def grants_direct_reads(path: Path) -> bool:
    """Whether the file system does, found out apart from the program."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT)
    except OSError:
        return False
    try:
        os.preadv(descriptor, [mmap.mmap(-1, 4096)], 0)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def cached_blocks(path: Path) -> int:
    """How many blocks are in the page cache: can be had without waiting for the drive."""
    found = 0
    with path.open("rb") as stream:
        # Asking for a block fetches it; others are to stay out of it.
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        for offset in range(0, path.stat().st_size, ALIGNMENT):
            try:
                found += os.preadv(stream.fileno(), [bytearray(ALIGNMENT)], offset, os.RWF_NOWAIT) > 0
            except BlockingIOError:
                continue
    return found


def open_descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the folder changes while it is read


def test_every_block_is_read_and_the_last_one_ends_with_the_file(file: Path) -> None:
    content = file.read_bytes()
    with open_direct(file) as opened:
        assert read_at(opened, 0, 2 * ALIGNMENT) == content[: 2 * ALIGNMENT]
        assert read_at(opened, 4 * ALIGNMENT, 4 * ALIGNMENT) == content[4 * ALIGNMENT :]
        assert read_at(opened, 6 * ALIGNMENT, ALIGNMENT) == b""


def test_several_threads_read_one_file(tmp_path: Path) -> None:
    path = written(tmp_path / "weights", 64 * ALIGNMENT)
    content, found = path.read_bytes(), {}
    with open_direct(path) as opened:

        def read(part: int) -> None:
            for block in range(part, 64, 4):
                found[block] = read_at(opened, block * ALIGNMENT, ALIGNMENT)

        threads = [Thread(target=read, args=(part,)) for part in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert b"".join(found[block] for block in range(64)) == content


@linux
def test_reads_are_direct_where_the_file_system_grants_it_and_say_so_where_not(file: Path) -> None:
    with open_direct(file) as opened:
        assert (opened.buffered_reason is None) == grants_direct_reads(file)
    refusing = Path("/proc/self/maps")
    assert not grants_direct_reads(refusing)
    with open_direct(refusing) as opened:
        assert opened.buffered_reason == "this file system refuses direct reads"
        assert b"r--p" in read_at(opened, 0, ALIGNMENT)


@linux
def test_a_file_system_that_refuses_only_the_reading_is_read_plainly(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    preadv = os.preadv

    def refusing(descriptor: int, buffers: Any, offset: int) -> int:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return preadv(descriptor, buffers, offset)

    before = open_descriptors()
    monkeypatch.setattr(os, "preadv", refusing)
    with open_direct(file) as opened:
        assert opened.buffered_reason is not None
        assert read_at(opened, 0, 8 * ALIGNMENT) == file.read_bytes()
    assert open_descriptors() == before


@linux
@pytest.mark.parametrize("direct", [True, False])
def test_what_was_read_does_not_stay_in_the_page_cache(tmp_path: Path, direct: bool) -> None:
    size, chunk = 24 << 20, 6 << 20
    file = written(tmp_path / "weights", size)
    if not grants_direct_reads(file):
        pytest.skip("this file system has no drive behind it")
    file.read_bytes()
    assert cached_blocks(file) == size // ALIGNMENT  # It can be told apart.
    with file.open("rb") as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with LinuxFile(file, direct) as opened:
        # Not at the bounds of what the page cache keeps together.
        for offset in range(5 * ALIGNMENT, size, chunk):
            read_at(opened, offset, chunk)
    # A little may stay that the kernel has read ahead.
    assert cached_blocks(file) < size // ALIGNMENT // 20


@linux
def test_an_error_of_the_drive_is_no_refusal(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> int:
        raise OSError(errno.EIO, "Input/output error")

    before = open_descriptors()
    monkeypatch.setattr(os, "preadv", broken)
    with pytest.raises(ReadFailed, match=r"weights cannot be read: Input/output error\. Check that the drive is conn"):
        open_direct(file)
    assert open_descriptors() == before


def test_a_file_that_is_gone_is_to_be_put_back(tmp_path: Path) -> None:
    with pytest.raises(ReadFailed, match=r"weights cannot be read: No such file or directory\. Put the file back"):
        open_direct(tmp_path / "weights")


@posix
def test_a_file_that_may_not_be_read_asks_for_permission(file: Path) -> None:
    file.chmod(0)
    with as_nobody(), pytest.raises(ReadFailed, match=r"Permission denied\. Give yourself the permission"):
        open_direct(file)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything, so tests that run as root step down for a moment."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


@posix
def test_too_many_open_files_name_the_limit(file: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = os.open(file, os.O_RDONLY)
    os.close(highest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, limits[1]))
    try:
        with pytest.raises(ReadFailed, match=r"Too many open files\. Close other programs or raise the limit"):
            open_direct(file)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    open_direct(file).close()


@posix
def test_an_open_file_keeps_its_identity_until_it_is_written_to(file: Path, tmp_path: Path) -> None:
    with open_direct(file) as opened:
        identity = opened.identity()
        assert identity.bytes == SIZE
        file.rename(tmp_path / "moved")
        written(file)
        assert opened.identity() == identity
        with open_direct(file) as other:
            assert other.identity() != identity
        os.utime(tmp_path / "moved", ns=(0, identity.modified + 1))
        assert opened.identity() != identity


@posix
class TestMacOS:
    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
        """What fcntl was asked for."""
        import fcntl

        asked: list[tuple[int, int]] = []
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(fcntl, "fcntl", lambda _, *request: asked.append(request))
        return asked

    def test_caching_is_turned_off(self, file: Path, asked: list[tuple[int, int]]) -> None:
        with open_direct(file) as opened:
            assert isinstance(opened, MacFile)
            assert asked == [(48, 1)]
            assert opened.buffered_reason is None
            assert read_at(opened, ALIGNMENT, 8 * ALIGNMENT) == file.read_bytes()[ALIGNMENT:]

    def test_where_that_is_refused_it_is_read_plainly(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any) -> None:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")

        monkeypatch.setattr("fcntl.fcntl", refuse)
        before = open_descriptors()
        with open_direct(file) as opened:
            assert opened.buffered_reason is not None
            assert read_at(opened, 0, 8 * ALIGNMENT) == file.read_bytes()
        assert open_descriptors() == before


class FakeFunction:
    """A function of a Windows library, with its declaration."""

    def __init__(self, body: Callable[..., Any]) -> None:
        self.body = body
        self.argtypes: list[Any] = []
        self.restype: Any = None

    def __call__(self, *arguments: Any) -> Any:
        assert len(arguments) == len(self.argtypes)
        return self.body(*arguments)


class FakeWindows:
    """The part of kernel32 that reading needs, over the files of this system.

    Attributes:
        pending: Whether reads go on after ReadFile has returned.
        refuses: Whether unbuffered handles cannot be read.
        opened: Path and flags of each CreateFileW.
        handles: What is open now, events included (for which there is no path).
    """

    NO_BUFFERING, OVERLAPPED = 0x20000000, 0x40000000

    def __init__(self) -> None:
        self.pending = True
        self.refuses = False
        self.opened: list[tuple[str, int]] = []
        self.handles: dict[int, str | None] = {}
        self.error = 0
        self.results: dict[int, tuple[int, int]] = {}
        self.CreateFileW = FakeFunction(self._create_file)
        self.CreateEventW = FakeFunction(self._create_event)
        self.ReadFile = FakeFunction(self._read_file)
        self.GetOverlappedResult = FakeFunction(self._get_overlapped_result)
        self.CloseHandle = FakeFunction(lambda handle: self.handles.pop(handle) is None)

    def _create_file(
        self, path: str, access: int, share: int, security: None, disposition: int, flags: int, template: None
    ) -> int | None:
        assert (access, share, disposition) == (0x80000000, 1, 3)
        self.opened.append((path, flags))
        if not Path(path).exists():
            self.error = 2
            return ctypes.c_void_p(-1).value
        return self._new_handle(path)

    def _create_event(self, security: None, manual: bool, state: bool, name: None) -> int:
        assert (manual, state) == (True, False)
        return self._new_handle(None)

    def _new_handle(self, path: str | None) -> int:
        handle = max(self.handles, default=100) + 4
        self.handles[handle] = path
        return handle

    def _read_file(self, handle: int, place: Any, size: int, count: None, reference: Any) -> bool:
        request = reference._obj
        assert self.handles[request.event] is None
        path, offset = self.handles[handle], request.offset_high << 32 | request.offset
        assert path is not None
        if self.refuses and self.opened[-1][1] & self.NO_BUFFERING:
            self.error = 87
            return False
        assert offset % ALIGNMENT == size % ALIGNMENT == ctypes.addressof(place) % ALIGNMENT == 0
        descriptor = os.open(path, os.O_RDONLY)
        data = os.pread(descriptor, size, offset)
        os.close(descriptor)
        ctypes.memmove(place, data, len(data))
        self.results[request.event] = (len(data), 0 if data else 38)
        self.error = 997 if self.pending else self.results[request.event][1]
        return not self.pending and bool(data)

    def _get_overlapped_result(self, handle: int, request: Any, count: Any, wait: bool) -> bool:
        assert wait
        count._obj.value, self.error = self.results.pop(request._obj.event)
        return self.error == 0


@posix
class TestWindows:
    @pytest.fixture(autouse=True)
    def windows(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWindows]:
        windows = FakeWindows()

        def error(code: int) -> OSError:
            return OSError({2: errno.ENOENT, 87: errno.EINVAL}.get(code, errno.EIO), f"Windows error {code}")

        monkeypatch.setattr(sys, "platform", "win32")
        monkeypatch.setattr(ctypes, "WinDLL", lambda name, use_last_error: windows, raising=False)
        monkeypatch.setattr(ctypes, "get_last_error", lambda: windows.error, raising=False)
        monkeypatch.setattr(ctypes, "WinError", error, raising=False)
        direct_file._kernel32.cache_clear()
        yield windows
        direct_file._kernel32.cache_clear()

    @pytest.mark.parametrize("pending", [True, False])
    def test_reads_are_unbuffered_and_overlapped(self, file: Path, windows: FakeWindows, pending: bool) -> None:
        windows.pending = pending
        content = file.read_bytes()
        with open_direct(file) as opened:
            assert isinstance(opened, WindowsFile)
            assert windows.opened == [(str(file), windows.NO_BUFFERING | windows.OVERLAPPED)]
            assert opened.buffered_reason is None
            assert read_at(opened, ALIGNMENT, 2 * ALIGNMENT) == content[ALIGNMENT : 3 * ALIGNMENT]
            assert read_at(opened, 4 * ALIGNMENT, 4 * ALIGNMENT) == content[4 * ALIGNMENT :]
            assert read_at(opened, 6 * ALIGNMENT, ALIGNMENT) == b""
            assert opened.identity().bytes == SIZE
            assert len(windows.handles) == 1
        assert not windows.handles

    def test_offsets_may_be_larger_than_four_gib(self, tmp_path: Path) -> None:
        offset = (5 << 30) + ALIGNMENT
        with (tmp_path / "large").open("wb") as stream:
            stream.seek(offset)
            stream.write(b"at the end")
        with open_direct(tmp_path / "large") as opened:
            assert read_at(opened, offset, ALIGNMENT) == b"at the end"

    def test_where_unbuffered_reads_are_refused_it_is_read_plainly(self, file: Path, windows: FakeWindows) -> None:
        windows.refuses = True
        with open_direct(file) as opened:
            assert [flags for _, flags in windows.opened] == [
                windows.NO_BUFFERING | windows.OVERLAPPED,
                windows.OVERLAPPED,
            ]
            assert opened.buffered_reason is not None
            assert read_at(opened, 0, 8 * ALIGNMENT) == file.read_bytes()
        assert not windows.handles

    def test_an_error_names_the_file(self, tmp_path: Path, file: Path, windows: FakeWindows) -> None:
        with pytest.raises(ReadFailed, match=r"gone cannot be read: Windows error 2\. Put the file back"):
            open_direct(tmp_path / "gone")
        with open_direct(file) as opened:
            windows.GetOverlappedResult = FakeFunction(lambda *_: setattr(windows, "error", 1117))
            windows.GetOverlappedResult.argtypes = [None] * 4
            with pytest.raises(ReadFailed, match=r"weights cannot be read: Windows error 1117\. Check that the drive"):
                read_at(opened, 0, ALIGNMENT)
        assert not windows.handles
