"""Which kind of drive a folder lies on, by what Linux says of block devices."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from core.machine.drive import drive_kind

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux names its drives in /sys")


@pytest.mark.parametrize(
    ("name", "spins", "kind"),
    [("nvme0n1", "0", "NVMe"), ("sda", "0", "SSD"), ("sdb", "1", "hard disk"), ("vda", "1", "virtual drive")],
)
@pytest.mark.parametrize("partition", [True, False])
def test_a_drive_is_told_by_its_name_and_whether_it_spins(
    tmp_path: Path, name: str, spins: str, kind: str, partition: bool
) -> None:
    drive = tmp_path / "devices" / name
    (drive / "queue").mkdir(parents=True)
    (drive / "queue" / "rotational").write_text(spins + "\n")
    device = drive / f"{name}1" if partition else drive
    device.mkdir(exist_ok=True)
    block, number = tmp_path / "block", tmp_path.stat().st_dev
    block.mkdir()
    (block / f"{os.major(number)}:{os.minor(number)}").symlink_to(device)
    assert drive_kind(tmp_path, block) == kind


def test_a_folder_that_has_gone_lies_on_no_drive(tmp_path: Path) -> None:
    assert drive_kind(tmp_path / "gone") == ""
