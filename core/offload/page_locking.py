"""Locks memory into RAM, so that an NVIDIA device copies out of it by itself, at the full speed of the bus."""

from __future__ import annotations

import torch

from core.offload.weight_reader import StagingBuffer


def lock_pages(buffer: StagingBuffer) -> bool:
    """Lock a buffer until it is closed. False if the system refuses: it then stays usable, and copies are slower.

    How much may be locked depends on the system (a few GiB on Windows, most of RAM on Linux) and cannot be asked for:
    whoever locks many buffers stops at the first refusal.
    """
    if int(torch.cuda.cudart().cudaHostRegister(buffer.address, buffer.bytes, 0)) != 0:
        _forget_refusal()
        return False
    buffer.page_locked = True
    buffer.on_close(lambda: unlock_pages(buffer))
    return True


def unlock_pages(buffer: StagingBuffer) -> None:
    """Make a buffer ordinary memory again; no copy out of it may be under way."""
    if buffer.page_locked:
        torch.cuda.cudart().cudaHostUnregister(buffer.address)
        buffer.page_locked = False


def _forget_refusal() -> None:
    """CUDA keeps an error until somebody asks for the last one, which torch does after its next kernel."""
    try:
        torch.zeros(1, device="cuda")
    except RuntimeError:
        return
