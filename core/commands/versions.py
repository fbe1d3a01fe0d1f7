"""Which versions are installed, read from package metadata without importing anything heavy."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("penjing", "torch", "transformers", "tokenizers", "safetensors", "PySide6_Essentials")


def versions() -> dict[str, str | None]:
    """Version by name; None if it is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version(), "system": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found
