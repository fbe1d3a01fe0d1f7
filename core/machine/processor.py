"""Which processor this computer has: its name, its cores, and whether it multiplies bfloat16 by itself."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import psutil

BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
"""Of /proc/cpuinfo: x86 has the first two, Arm the third."""


@dataclass(frozen=True, slots=True)
class Processor:
    """`cores` are the physical ones that this process may use."""

    title: str
    cores: int
    bf16: bool


@lru_cache(maxsize=1)
def read_processor() -> Processor:
    """This computer's processor."""
    title, bf16 = _title_and_bf16()
    return Processor(title or platform.processor() or platform.machine(), _usable_cores(), bf16)


def _title_and_bf16() -> tuple[str, bool]:
    if sys.platform == "win32":
        return _windows_title(), False  # Windows offers no way to ask.
    if sys.platform == "darwin":
        return _sysctl_text("machdep.cpu.brand_string"), _sysctl_flag("hw.optional.arm.FEAT_BF16")
    title, flags = parse_cpuinfo(Path("/proc/cpuinfo").read_text("utf-8", errors="replace"))
    return title, bool(flags & BF16_FLAGS)


def parse_cpuinfo(text: str) -> tuple[str, set[str]]:
    """Name and feature flags of the first processor in Linux's /proc/cpuinfo. Arm gives no name there ("")."""
    entries: dict[str, str] = {}
    for line in text.split("\n\n", 1)[0].splitlines():
        key, _, value = line.partition(":")
        entries[key.strip()] = value.strip()
    flags = entries.get("flags") or entries.get("Features") or ""
    return entries.get("model name", ""), set(flags.split())


def _usable_cores() -> int:
    physical = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return min(physical, allowed)


def _sysctl(name: str, size: int) -> bytes:
    """The raw value of a macOS system setting; empty if there is none of that name."""
    buffer, length = ctypes.create_string_buffer(size), ctypes.c_size_t(size)
    system = ctypes.CDLL(None)
    failed = system.sysctlbyname(name.encode(), buffer, ctypes.byref(length), None, ctypes.c_size_t(0))
    return b"" if failed else buffer.raw[: length.value]


def _sysctl_text(name: str) -> str:
    return _sysctl(name, 256).rstrip(b"\0").decode(errors="replace")


def _sysctl_flag(name: str) -> bool:
    return any(_sysctl(name, 8))


def _windows_title() -> str:
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
    raise NotImplementedError("asks the registry of Windows")
