"""Models that stream, a drive that goes wrong, and what a fault may not leave behind."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.engine.engine import Engine
from core.engine.messages import Generate
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan
from core.sampling.settings import Sampling

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody touch an open file")

SETTINGS: dict[str, Any] = {
    "vocab_size": 4096,
    "num_hidden_layers": 3,
    "tie_word_embeddings": False,
    "max_position_embeddings": 256,
}
FAMILIES: dict[str, dict[str, Any]] = {"llama": {}, "mixtral": {"num_local_experts": 4, "num_experts_per_tok": 2}}
SHARDS = 3
CONTEXT = 96
LENGTH = 8
BUDGET = 4
PROMPT = "What does os.path.join do, and where?"
MOMENTS = 6
"""At how many moments of a reply a fault is tried."""


def planned(folder: Path, draft: Path) -> Plan:
    request = Request(
        open_checkpoint(folder), open_checkpoint(draft), device="cpu", context=CONTEXT, dtype="float32", budget=BUDGET
    )
    return make_plan(request, probe_machine())


def streamed(plan: Plan) -> Plan:
    every = (Tier.SSD,) * len(plan.layers)
    return replace(
        plan,
        layers=every,
        experts=every,
        embedding=Tier.SSD,
        head=Tier.SSD,
        staging_slots=2,
        expert_slots=2,
        reading_threads=2,
        sources=("model",),  # which remembers nothing: every reply takes as many steps
    )


def all_resident(plan: Plan) -> Plan:
    every = (Tier.RAM,) * len(plan.layers)
    return replace(plan, layers=every, experts=every, embedding=Tier.RAM, head=Tier.RAM)


def reply(engine: Engine, cancelled: Callable[[], bool] = lambda: False) -> tuple[int, ...]:
    """The tokens of a reply; so hot that no two positions look alike."""
    sampling = Sampling(temperature=1.0, seed=4)
    request = Generate("r", prompt=PROMPT, sampling=sampling, max_new_tokens=LENGTH, budget=BUDGET)
    for _ in engine.generate(request, cancelled):
        pass
    assert engine.summary is not None
    return engine.summary.token_ids


class Drive:
    """Stands between the program and its files: counts reads, and lets them go wrong.

    Attributes:
        reads: How many were begun, but for those that only try whether a file can be read directly.
        fault: What happens instead of a read, or before it if that returns None; None if all is well.
    """

    def __init__(self) -> None:
        self.reads = 0
        self.fault: Callable[[], int | None] | None = None
        self._only: int | None = None
        self._plugged = 0
        self._born: dict[int, int] = {}

    def fails(self, fault: Callable[[], int | None], only: int | None = None) -> None:
        """From now on; or just at the read that is `only` reads away."""
        self.fault = fault
        self._only = None if only is None else self.reads + only

    def works(self) -> None:
        self.fault = None

    def replugged(self) -> None:
        """It is back, and new to the system: what was open on it stays dead."""
        self.fault = None
        self._plugged += 1

    def read(self, file: Any, genuine: Callable[[], int], opening: bool) -> int:
        if opening:
            file.plugged = self._plugged
        else:
            self.reads += 1
        if file.plugged != self._plugged:
            return io_error()
        if self.fault is not None and self._only in (None, self.reads):
            brought = self.fault()
            return genuine() if brought is None else brought
        return genuine()


def io_error() -> int:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def no_memory() -> int:
    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


def nothing_comes() -> int:
    return 0


def never_foreseen() -> int:
    raise ValueError("nobody thought of this")


def spread(moments: int) -> list[int]:
    """Some of the numbers from 1 to `moments`, first and last included."""
    return sorted({1 + round(index * (moments - 1) / (MOMENTS - 1)) for index in range(MOMENTS)})


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Threads and open files are afterwards what they were before."""
    before = threads(), open_files()
    yield
    end = time.monotonic() + 10
    while (threads(), open_files()) != before and time.monotonic() < end:
        time.sleep(0.01)  # The fake copy engine's marks are timers.
    assert (threads(), open_files()) == before


def threads() -> set[int | None]:
    return {thread.ident for thread in threading.enumerate() if not isinstance(thread, threading.Timer)}


def open_files() -> list[str]:
    """Paths; empty where the system does not tell."""
    found = []
    for descriptor in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # that of the folder itself is gone by now
            found.append(str(descriptor.readlink()))
    return sorted(path for path in found if path.endswith("safetensors"))


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))
