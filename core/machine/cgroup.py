"""Memory limits that a Linux container or service manager sets on this process (control groups, versions 1 and 2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")

UNLIMITED = 1 << 62
"""Version 1 writes "no limit" as the largest number of whole pages."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a control group grants. Bytes; `available` can still be had before the limit."""

    limit: int
    available: int


@dataclass(frozen=True, slots=True)
class Files:
    """Where one version of control groups keeps its figures; `inactive` and `active` name its page cache."""

    limit: str
    usage: str
    page_cache: tuple[str, str]


VERSION_1 = Files("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))
VERSION_2 = Files("memory.max", "memory.current", ("inactive_file", "active_file"))


def allowance(membership: Path = MEMBERSHIP, mount: Path = MOUNT) -> Allowance | None:
    """The tightest of the limits on this process's group and the groups around it; None without any.

    Page cache counts as available: the kernel gives it up before it refuses memory.
    """
    try:
        lines = membership.read_text("ascii").splitlines()
    except OSError:  # Not Linux, or no control groups.
        return None
    found: list[Allowance] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            found += _up_the_tree(mount, path, VERSION_2)
        elif "memory" in controllers.split(","):
            found += _up_the_tree(mount / "memory", path, VERSION_1)
    if not found:
        return None
    return Allowance(min(group.limit for group in found), min(group.available for group in found))


def _up_the_tree(root: Path, path: str, files: Files) -> list[Allowance]:
    """Allowances of the group at `path` and of all around it. In a container the path may lie outside the mount."""
    group = root / path.lstrip("/")
    around = [group, *(parent for parent in group.parents if parent.is_relative_to(root))]
    found = (_read(folder, files) for folder in around)
    return [grant for grant in found if grant is not None]


def _read(group: Path, files: Files) -> Allowance | None:
    try:
        limit = (group / files.limit).read_text("ascii").strip()
        usage = int((group / files.usage).read_text("ascii"))
        statistics = dict(line.split() for line in (group / "memory.stat").read_text("ascii").splitlines())
    except OSError:  # The root group has no limit, and a container does not see the groups around its own.
        return None
    if limit == "max" or int(limit) >= UNLIMITED:
        return None
    reclaimable = sum(int(statistics.get(name, 0)) for name in files.page_cache)
    return Allowance(int(limit), max(0, int(limit) - usage + reclaimable))
