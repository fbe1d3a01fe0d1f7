"""Memory limits of containers, in the files in which both versions of control groups keep them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.machine.cgroup import Allowance, allowance

GIB = 1 << 30


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    return tmp_path / "fs"


def member_of(tmp_path: Path, *lines: str) -> Path:
    (tmp_path / "cgroup").write_text("".join(f"{line}\n" for line in lines))
    return tmp_path / "cgroup"


def write_group(folder: Path, limit: str, usage: int, statistics: str, *, version: int) -> None:
    names = ("memory.max", "memory.current") if version == 2 else ("memory.limit_in_bytes", "memory.usage_in_bytes")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{usage}\n")
    (folder / "memory.stat").write_text(statistics)


def test_without_groups_there_is_no_limit(tmp_path: Path, mount: Path) -> None:
    assert allowance(tmp_path / "missing", mount) is None
    assert allowance(member_of(tmp_path, "0::/user.slice"), mount) is None


def test_version_2_gives_the_page_cache_back(tmp_path: Path, mount: Path) -> None:
    statistics = f"anon {GIB}\nfile {3 * GIB}\ninactive_file {GIB}\nactive_file {2 * GIB}\n"
    write_group(mount / "pod", str(8 * GIB), 5 * GIB, statistics, version=2)
    assert allowance(member_of(tmp_path, "0::/pod"), mount) == Allowance(8 * GIB, 6 * GIB)


def test_version_1_gives_the_page_cache_back(tmp_path: Path, mount: Path) -> None:
    statistics = f"inactive_file 7\nactive_file 7\ntotal_inactive_file {GIB}\ntotal_active_file 0\n"
    write_group(mount / "memory" / "docker" / "abc", str(4 * GIB), 3 * GIB, statistics, version=1)
    membership = member_of(tmp_path, "5:cpu,cpuacct:/elsewhere", "4:memory:/docker/abc", "0::/")
    assert allowance(membership, mount) == Allowance(4 * GIB, 2 * GIB)


@pytest.mark.parametrize(("limit", "version"), [("max", 2), ("9223372036854771712", 1)])
def test_no_limit_is_no_allowance(tmp_path: Path, mount: Path, limit: str, version: int) -> None:
    write_group(mount / "a", limit, GIB, "", version=2)
    write_group(mount / "memory" / "a", limit, GIB, "", version=1)
    assert allowance(member_of(tmp_path, "0::/a" if version == 2 else "4:memory:/a"), mount) is None


def test_the_tightest_of_the_groups_around_counts(tmp_path: Path, mount: Path) -> None:
    write_group(mount / "slice", str(4 * GIB), 3 * GIB, "", version=2)
    write_group(mount / "slice" / "app", "max", GIB, "", version=2)
    write_group(mount / "slice" / "app" / "window", str(6 * GIB), GIB, "", version=2)
    membership = member_of(tmp_path, "0::/slice/app/window")
    assert allowance(membership, mount) == Allowance(4 * GIB, GIB)


def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path, mount: Path) -> None:
    write_group(mount / "memory", str(2 * GIB), GIB, "", version=1)
    assert allowance(member_of(tmp_path, "4:memory:/docker/0123"), mount) == Allowance(2 * GIB, GIB)


def test_a_group_over_its_limit_has_nothing_left(tmp_path: Path, mount: Path) -> None:
    write_group(mount / "a", str(GIB), 2 * GIB, "", version=2)
    assert allowance(member_of(tmp_path, "0::/a"), mount) == Allowance(GIB, 0)
