"""What Linux says of AMD's cards. Written from the kernel's documentation, and never run on a computer that has one.

A card computes only with PyTorch's build for ROCm, which calls AMD's devices "cuda:N" too. Without that build there are
no devices to plan for, however many cards the computer has.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

DRM = Path("/sys/class/drm")
VENDOR = "0x1002"


@dataclass(frozen=True, slots=True)
class AmdCard:
    """One card now, in bytes. `name` is torch's, if it is the build for ROCm and there are no other cards."""

    name: str
    title: str
    total: int
    free: int


def read_cards(drm: Path = DRM) -> tuple[AmdCard, ...]:
    """The cards that the kernel's amdgpu driver serves, in the order of their place on the bus.

    Args:
        drm: Where Linux keeps its graphics devices.
    """
    devices = {path.resolve() for path in drm.glob("card[0-9]*/device")}
    found = [card for card in (_read(device) for device in sorted(devices)) if card is not None]
    return tuple(AmdCard(f"cuda:{position}", *card) for position, card in enumerate(found))


def torch_is_for_rocm() -> bool:
    """Whether the PyTorch that is installed computes on AMD's cards; asked without importing it."""
    try:
        return "+rocm" in metadata.version("torch")
    except metadata.PackageNotFoundError:
        return False


def _read(device: Path) -> tuple[str, int, int] | None:
    """Title, total and free bytes; None for another maker's, or one whose memory the driver does not tell."""
    try:
        if _line(device / "vendor") != VENDOR:
            return None
        total, used = (int(_line(device / f"mem_info_vram_{which}")) for which in ("total", "used"))
    except (OSError, ValueError):
        return None
    if total <= 0:
        return None
    return _title(device), total, min(max(0, total - used), total)


def _title(device: Path) -> str:
    """Some cards say what they are called; the others have a number."""
    for name, form in (("product_name", "{}"), ("device", "AMD card {}")):
        try:
            if line := _line(device / name):
                return form.format(line)
        except OSError:
            continue
    return "AMD card"


def _line(file: Path) -> str:
    return file.read_text("utf-8", errors="replace").strip()
