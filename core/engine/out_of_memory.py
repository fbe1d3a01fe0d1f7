"""Tells refusals of memory, which come in many words, from other errors."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from core.errors import OutOfMemory

_REFUSALS = (
    "can't allocate memory",  # torch's allocator for the CPU
    "not enough memory",  # the same on Windows
    "out of memory",  # Apple's graphics; CUDA where it is not torch that allocates
    "std::bad_alloc",
    "cublas_status_alloc_failed",
    "can't start new thread",  # for whose stack there is no room
)
"""What is said, in lower case, when memory is refused."""

_COMMITMENT_LIMIT = 1455
"""Windows: the paging file is too small."""


@contextmanager
def explained_out_of_memory() -> Iterator[None]:
    """Turns the system's refusals of memory into OutOfMemory."""
    try:
        yield
    except (MemoryError, OSError, RuntimeError) as error:
        if not _refuses_memory(error):
            raise
        raise OutOfMemory(
            "The system refused memory that the model needs.",
            "Close other programs, lower the context, or load with a smaller memory limit.",
        ) from error


def _refuses_memory(error: MemoryError | OSError | RuntimeError) -> bool:
    """Whether an error says that there is no memory left.

    torch has an error of its own for CUDA; whatever else allocates raises a plain RuntimeError.
    """
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM or getattr(error, "winerror", None) == _COMMITMENT_LIMIT
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error).lower() for words in _REFUSALS)
