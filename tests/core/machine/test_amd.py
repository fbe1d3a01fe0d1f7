"""AMD's cards, read from a folder like Linux's own. No such card was ever near these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.machine import probe
from core.machine.amd import AmdCard, read_cards

GIB = 1 << 30


def card(folder: Path, number: int, bus: str, **files: str) -> None:
    """A device of the kernel's, and its link among the graphics devices."""
    device = folder / "devices" / bus
    device.mkdir(parents=True)
    for name, content in files.items():
        (device / name).write_text(content + "\n")
    (folder / "drm" / f"card{number}").mkdir(parents=True)
    (folder / "drm" / f"card{number}" / "device").symlink_to(device)


def amd_files(total: int, used: int, **more: str) -> dict[str, str]:
    return {"vendor": "0x1002", "mem_info_vram_total": str(total), "mem_info_vram_used": str(used)} | more


def test_cards_come_in_the_order_of_the_bus_with_what_is_free(tmp_path: Path) -> None:
    card(tmp_path, 0, "0000:0c:00.0", **amd_files(16 * GIB, GIB, device="0x744c"))
    card(tmp_path, 1, "0000:03:00.0", **amd_files(24 * GIB, 4 * GIB, product_name="Radeon RX 7900 XTX"))
    card(tmp_path, 2, "0000:01:00.0", vendor="0x10de", device="0x2684")
    assert read_cards(tmp_path / "drm") == (
        AmdCard("cuda:0", "Radeon RX 7900 XTX", 24 * GIB, 20 * GIB),
        AmdCard("cuda:1", "AMD card 0x744c", 16 * GIB, 15 * GIB),
    )


def test_connectors_of_a_card_are_no_cards(tmp_path: Path) -> None:
    card(tmp_path, 0, "0000:03:00.0", **amd_files(8 * GIB, 0))
    connector = tmp_path / "drm" / "card0-DP-1"
    connector.mkdir()
    (connector / "device").symlink_to(tmp_path / "drm" / "card0")
    assert [found.total for found in read_cards(tmp_path / "drm")] == [8 * GIB]


@pytest.mark.parametrize(
    "broken",
    [
        {"mem_info_vram_total": "much"},
        {"mem_info_vram_total": "0"},
        {"mem_info_vram_total": "-5"},
        {"vendor": ""},
    ],
)
def test_what_makes_no_sense_is_no_card(tmp_path: Path, broken: dict[str, str]) -> None:
    card(tmp_path, 0, "0000:03:00.0", **(amd_files(8 * GIB, 0) | broken))
    assert read_cards(tmp_path / "drm") == ()


def test_a_card_that_says_it_uses_more_than_it_has_is_full(tmp_path: Path) -> None:
    card(tmp_path, 0, "0000:03:00.0", **amd_files(8 * GIB, 9 * GIB))
    (found,) = read_cards(tmp_path / "drm")
    assert found.free == 0


def test_without_graphics_there_are_none(tmp_path: Path) -> None:
    assert read_cards(tmp_path / "drm") == ()


@pytest.mark.parametrize("version", ["2.13.0+rocm7.2", "2.13.0+cpu"])
def test_they_are_planned_for_only_where_torch_can_use_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    card(tmp_path, 0, "0000:03:00.0", **amd_files(8 * GIB, 0))
    monkeypatch.setattr("importlib.metadata.version", lambda name: version)
    monkeypatch.setattr(probe, "read_devices", lambda: ())
    monkeypatch.setattr(probe, "read_cards", lambda: read_cards(tmp_path / "drm"))
    machine = probe.probe_machine()
    assert [device.name for device in machine.devices] == (["cuda:0"] if "rocm" in version else [])
    assert (machine.host_to_device is not None) == ("rocm" in version)
