"""One file opened for reading past the page cache, in each system's own way; plainly where the file system refuses."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

from core.errors import ReadFailed

ALIGNMENT = 4096
"""Direct reads want offsets, lengths and addresses in multiples of this."""

CHUNK = 8 << 20
"""Bytes to ask for at once: larger reads were no faster, and a cancel is answered after one."""

_windows: Any = ctypes
"""With what it has on Windows only."""

_REFUSAL = (errno.EINVAL, errno.EOPNOTSUPP)
_REFUSED = "this file system refuses direct reads"


class Identity(NamedTuple):
    """What tells a file from another one, or from what it was before it was written to."""

    number: int
    bytes: int
    modified: int


class DirectFile(ABC):
    """An open file. Several threads may read it at once; every method raises ReadFailed if the system says no, but
    OSError (ENOMEM) if that is for want of memory.

    Attributes:
        buffered_reason: Why reads go through the page cache, or None if they go past it.
    """

    def __init__(self, path: Path, direct: bool) -> None:
        self.path = path
        self.buffered_reason = None if direct else _REFUSED

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read_at(self, offset: int, target: memoryview) -> int:
        """Fill `target` from `offset` on; all of them must be aligned. Returns the bytes that came: fewer at the end of
        the file, where the last block may be asked for whole, and sometimes elsewhere."""
        with _explained(self.path):
            return self._read(offset, target)

    def identity(self) -> Identity:
        """Of the opened file as it is now, whatever its path may lead to."""
        with _explained(self.path):
            status = self._status()
            return Identity(status.st_ino, status.st_size, status.st_mtime_ns)

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def _read(self, offset: int, target: memoryview) -> int: ...

    @abstractmethod
    def _status(self) -> os.stat_result: ...


def open_direct(path: Path) -> DirectFile:
    """The file, opened for direct reads where its file system grants them and for plain ones where not.

    Raises ReadFailed if it cannot be opened or read.
    """
    kind = {"darwin": MacFile, "win32": WindowsFile}.get(sys.platform, LinuxFile)
    with _explained(path):
        try:
            file = kind(path, direct=True)
            try:
                file._read(0, memoryview(mmap.mmap(-1, ALIGNMENT)))  # Some file systems refuse only the reading.
            except BaseException:
                file.close()
                raise
        except OSError as error:
            if error.errno not in _REFUSAL:
                raise
            return kind(path, direct=False)
        return file


class _PosixFile(DirectFile):
    """Reads with `preadv`, which needs no seek, so that threads do not meet, and lets other threads run meanwhile."""

    def __init__(self, path: Path, direct: bool, flags: int = 0) -> None:
        super().__init__(path, direct)
        self._descriptor = os.open(path, os.O_RDONLY | flags)

    def close(self) -> None:
        os.close(self._descriptor)

    def _read(self, offset: int, target: memoryview) -> int:
        return os.preadv(self._descriptor, [target], offset)

    def _status(self) -> os.stat_result:
        return os.fstat(self._descriptor)


class LinuxFile(_PosixFile):
    """Opened with O_DIRECT. Plain reads are dropped from the page cache again: it has no room for a whole model."""

    FOLIO = 2 << 20
    """Bytes that the page cache keeps together and drops only as a whole."""

    def __init__(self, path: Path, direct: bool) -> None:
        super().__init__(path, direct, os.O_DIRECT if direct else 0)

    def _read(self, offset: int, target: memoryview) -> int:
        count = super()._read(offset, target)
        if self.buffered_reason is not None:
            start = offset // self.FOLIO * self.FOLIO
            os.posix_fadvise(self._descriptor, start, offset - start + count, os.POSIX_FADV_DONTNEED)
        return count


class MacFile(_PosixFile):
    """Opened as usual, with caching then turned off."""

    F_NOCACHE = 48
    """Python's fcntl names it on macOS only."""

    def __init__(self, path: Path, direct: bool) -> None:
        super().__init__(path, direct)
        if direct:
            import fcntl

            try:
                fcntl.fcntl(self._descriptor, self.F_NOCACHE, 1)
            except OSError:
                self.close()
                raise


class WindowsFile(DirectFile):
    """Opened without buffering, and for overlapped reads: others would wait for each other.

    While it is open nobody can write to it, replace it or delete it.
    """

    GENERIC_READ = 0x80000000
    FILE_SHARE_READ = 0x1
    OPEN_EXISTING = 3
    FILE_FLAG_NO_BUFFERING = 0x20000000
    FILE_FLAG_OVERLAPPED = 0x40000000
    INVALID_HANDLE = ctypes.c_void_p(-1).value
    ERROR_HANDLE_EOF = 38
    ERROR_IO_PENDING = 997

    def __init__(self, path: Path, direct: bool) -> None:
        super().__init__(path, direct)
        self._kernel = _kernel32()
        flags = self.FILE_FLAG_OVERLAPPED | (self.FILE_FLAG_NO_BUFFERING if direct else 0)
        self._handle = self._kernel.CreateFileW(
            str(path), self.GENERIC_READ, self.FILE_SHARE_READ, None, self.OPEN_EXISTING, flags, None
        )
        if self._handle == self.INVALID_HANDLE:
            raise _windows.WinError(_windows.get_last_error())

    def close(self) -> None:
        self._kernel.CloseHandle(self._handle)

    def _read(self, offset: int, target: memoryview) -> int:
        place = (ctypes.c_char * len(target)).from_buffer(target)
        count = wintypes.DWORD()
        # An event for each read: of several reads of one file the handle alone does not say which is done.
        event = self._kernel.CreateEventW(None, True, False, None)
        if not event:
            raise _windows.WinError(_windows.get_last_error())
        request = _Overlapped(offset=offset & 0xFFFFFFFF, offset_high=offset >> 32, event=event)
        try:
            done = self._kernel.ReadFile(self._handle, place, len(target), None, ctypes.byref(request))
            if done or (code := _windows.get_last_error()) == self.ERROR_IO_PENDING:
                done = self._kernel.GetOverlappedResult(self._handle, ctypes.byref(request), ctypes.byref(count), True)
                code = 0 if done else _windows.get_last_error()
        finally:
            self._kernel.CloseHandle(event)
        if code not in (0, self.ERROR_HANDLE_EOF):
            raise _windows.WinError(code)
        return count.value if done else 0

    def _status(self) -> os.stat_result:
        return self.path.stat()


class _Overlapped(ctypes.Structure):
    """OVERLAPPED of the Windows interface: where to read, and what to signal then."""

    _fields_ = (
        ("internal", ctypes.c_size_t),
        ("internal_high", ctypes.c_size_t),
        ("offset", wintypes.DWORD),
        ("offset_high", wintypes.DWORD),
        ("event", wintypes.HANDLE),
    )


@cache
def _kernel32() -> Any:
    """The functions of Windows that are needed here; calls let other threads run."""
    kernel = _windows.WinDLL("kernel32", use_last_error=True)
    handle, number, pointer = wintypes.HANDLE, wintypes.DWORD, ctypes.c_void_p
    kernel.CreateFileW.argtypes = [wintypes.LPCWSTR, number, number, pointer, number, number, handle]
    kernel.CreateFileW.restype = handle
    kernel.CreateEventW.argtypes = [pointer, wintypes.BOOL, wintypes.BOOL, wintypes.LPCWSTR]
    kernel.CreateEventW.restype = handle
    kernel.ReadFile.argtypes = [handle, pointer, number, pointer, pointer]
    kernel.GetOverlappedResult.argtypes = [handle, pointer, pointer, wintypes.BOOL]
    kernel.CloseHandle.argtypes = [handle]
    return kernel


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns what the system says into a sentence with the file's name, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise  # It says nothing about the file.
        raise ReadFailed(f"{path} cannot be read: {error.strerror}.", _remedy(error.errno)) from error


def _remedy(code: int | None) -> str:
    if code == errno.ENOENT:
        return "Put the file back or connect the drive it was on, then load the model again."
    if code in (errno.EACCES, errno.EPERM):
        return "Give yourself the permission to read it, then load the model again."
    if code in (errno.EMFILE, errno.ENFILE):
        return "Close other programs or raise the limit on open files, then load the model again."
    return "Check that the drive is connected and healthy, then load the model again."
