"""Limits for one process: memory and reading rate, by a control group of its own where the system allows."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from core.sizes import format_size

MOUNT = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of memory, and bytes per second read from the drive that `folder` lies on; None is unlimited."""

    memory: int | None
    rate: int | None
    folder: Path


@dataclass(frozen=True, slots=True)
class Group:
    """A place for one process.

    Attributes:
        prefix: What starts a command in the group, written before it.
        memory_how, rate_how: How each limit is kept, or why it is not.
        memory_held, rate_held: Whether they are kept at all.
    """

    prefix: tuple[str, ...]
    memory_how: str
    rate_how: str
    memory_held: bool
    rate_held: bool
    _peak: Path | None = None
    _kills: Path | None = None

    def peak_bytes(self) -> int | None:
        """The most memory that the group has held, page cache included; None where nobody counted."""
        return int(self._peak.read_text("ascii")) if self._peak is not None and self._peak.exists() else None

    def out_of_memory(self) -> bool:
        """Whether the kernel has ended a process of the group because it wanted more than the limit."""
        if self._kills is None:
            return False
        counts = dict(line.split() for line in self._kills.read_text("ascii").splitlines())
        return int(counts.get("oom_kill", 0)) > 0


@contextmanager
def group(limits: Limits) -> Iterator[Group]:
    """A group with these limits; it is removed at the end, whatever happens. The processes in it must have ended."""
    folders: list[Path] = []
    try:
        yield _make(limits, folders)
    finally:
        for folder in folders:
            _remove(folder)


def _make(limits: Limits, folders: list[Path]) -> Group:
    name = f"penjing-benchmark-{uuid4().hex[:8]}"
    if _writable(MOUNT / "memory" / "memory.limit_in_bytes"):
        return _version_1(limits, name, folders)
    if _writable(MOUNT / "cgroup.subtree_control"):
        return _version_2(limits, name, folders)
    if shutil.which("systemd-run") and Path("/run/systemd/system").is_dir() and hasattr(os, "getuid"):
        return _systemd(limits)
    why = "not limited: this system lets nobody make a control group here"
    return Group((), why, why, False, False)


def _version_1(limits: Limits, name: str, folders: list[Path]) -> Group:
    memory, blocks = MOUNT / "memory" / name, MOUNT / "blkio" / name
    joins = []
    memory_how = rate_how = "not limited: not asked for"
    rate_held = False
    memory.mkdir()
    folders.append(memory)
    joins.append(memory / "cgroup.procs")
    if limits.memory is not None:
        (memory / "memory.limit_in_bytes").write_text(str(limits.memory), "ascii")
        both = memory / "memory.memsw.limit_in_bytes"
        if both.exists():  # Memory and swap together: without this a group would go on in swap.
            both.write_text(str(limits.memory), "ascii")
        memory_how = f"{format_size(limits.memory)} by control group (version 1)"
    if limits.rate is not None:
        device = _device(limits.folder)
        if device is None or not _writable(MOUNT / "blkio" / "cgroup.procs"):
            rate_how = "not limited: this drive cannot be throttled by a control group"
        else:
            blocks.mkdir()
            folders.append(blocks)
            joins.append(blocks / "cgroup.procs")
            (blocks / "blkio.throttle.read_bps_device").write_text(f"{device} {limits.rate}", "ascii")
            rate_how, rate_held = f"{limits.rate / 1e9:.2f} GB/s by control group (version 1)", True
    return Group(
        _joining(joins),
        memory_how,
        rate_how,
        limits.memory is not None,
        rate_held,
        memory / "memory.max_usage_in_bytes",
        memory / "memory.oom_control",
    )


def _version_2(limits: Limits, name: str, folders: list[Path]) -> Group:
    folder = MOUNT / name
    (MOUNT / "cgroup.subtree_control").write_text("+memory +io", "ascii")
    folder.mkdir()
    folders.append(folder)
    memory_how = rate_how = "not limited: not asked for"
    rate_held = False
    if limits.memory is not None:
        (folder / "memory.max").write_text(str(limits.memory), "ascii")
        if (folder / "memory.swap.max").exists():
            (folder / "memory.swap.max").write_text("0", "ascii")
        memory_how = f"{format_size(limits.memory)} by control group (version 2)"
    if limits.rate is not None:
        device = _device(limits.folder)
        if device is None:
            rate_how = "not limited: this drive cannot be throttled by a control group"
        else:
            (folder / "io.max").write_text(f"{device} rbps={limits.rate}", "ascii")
            rate_how, rate_held = f"{limits.rate / 1e9:.2f} GB/s by control group (version 2)", True
    return Group(
        _joining([folder / "cgroup.procs"]),
        memory_how,
        rate_how,
        limits.memory is not None,
        rate_held,
        folder / "memory.peak",
        folder / "memory.events",
    )


def _systemd(limits: Limits) -> Group:
    """A scope of the person's own service manager: it may limit memory, and ends with its process."""
    prefix = ["systemd-run", "--user", "--scope", "--quiet", "--collect"]
    memory_how = "not limited: not asked for"
    if limits.memory is not None:
        prefix += ["-p", f"MemoryMax={limits.memory}", "-p", "MemorySwapMax=0"]
        memory_how = f"{format_size(limits.memory)} by systemd-run"
    rate_how = "not limited: only the administrator may throttle a drive"
    return Group((*prefix, "--"), memory_how, rate_how, limits.memory is not None, False)


def _joining(files: list[Path]) -> tuple[str, ...]:
    """A shell that joins the groups and then becomes the command, so that the command never runs outside them."""
    script = "".join(f"echo $$ > {file} && " for file in files) + 'exec "$@"'
    return ("/bin/sh", "-c", script, "sh")


def _device(folder: Path) -> str | None:
    """The drive of a folder as "major:minor"; None if no block device is behind it. Partitions are throttled whole."""
    status = folder.stat().st_dev
    node = Path(f"/sys/dev/block/{os.major(status)}:{os.minor(status)}")
    if not node.exists():
        return None
    whole = node.resolve().parent if (node / "partition").exists() else node
    return (whole / "dev").read_text("ascii").strip()


def _writable(file: Path) -> bool:
    return file.exists() and os.access(file, os.W_OK)


def _remove(folder: Path) -> None:
    """Remove a group; one whose last process has just been killed is busy for a moment."""
    for _ in range(100):
        try:
            folder.rmdir()
        except OSError:
            time.sleep(0.05)
        else:
            return
    folder.rmdir()
