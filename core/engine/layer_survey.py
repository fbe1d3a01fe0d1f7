"""Measures what decoder layers take on this computer by number of rows, with the code that runs them in replies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from statistics import mean, median

import torch
from torch import Tensor

from core.machine.arithmetic import best_dtype, recorded_rates
from core.machine.layers import record_layer, recorded_layers, shape_name
from core.machine.machine import Device, Figure, LayerCost, Source
from core.machine.nvidia import read_devices
from core.machine.profile import record, recorded
from core.models.spec import ModelSpec
from core.models.transformer import Transformer
from core.offload.pieces import cut
from core.planning.blueprint import Blueprint
from core.sizes import format_size
from core.trees.cache import TreeCache

ROWS = (1, 4, 8, 16, 32, 64, 128, 256)
"""Sizes of trees, and the last that of a piece of a prompt."""

TEXT = 256
"""Tokens of text before those rows."""

REFERENCES = tuple(
    Blueprint("reference", "llama", 1, hidden, intermediate, heads, heads, 64, 128)
    for hidden, intermediate, heads in ((256, 704, 4), (1024, 2816, 16), (2048, 5632, 32))
)
"""Shapes between which those of other models lie, or of which they are multiples."""

_HELD = 192 << 20
"""Bytes of copies of a layer that are gone through, so that weights come from memory and not from a cache."""

_MOST_COPIES = 6

_LEAST = 3
"""Turns in which all layers with all numbers of rows are gone through, before figures are believed."""

_SECONDS = 5.0
"""How long turns are taken. All layers share them, so that what another program does for a second or two spoils a few
times of each and not all of one: on the computer where this was tried, the same layer took 7.4 ms for twenty seconds
and 10 ms for the next twenty."""

LONGEST = 6.5
"""Seconds after which no further layer is made ready, for another time, and no further turn is begun."""

_READ = 256 << 20


def survey_layers(specs: Iterable[ModelSpec], again: bool = False, stop: Callable[[], bool] = lambda: False) -> bool:
    """Measure layers of reference shapes and of some models where they would be computed, and keep the figures.

    What was measured before is left alone unless it is to be measured `again`. Mixtures of experts are reckoned from
    the others. Takes a second to make layers ready, and five to time them.

    Args:
        stop: Polled between two layers; once it is true, the rest is left for another time, as it is after `LONGEST`.

    Returns:
        Whether all was measured.

    Raises OSError if the figures cannot be kept.
    """
    device, title = _device()
    rates = recorded_rates(device)
    dtype = best_dtype(rates) if rates else "bfloat16"
    known: set[str] = set()
    if not again:
        known = {cost.shape for cost in recorded_layers() if (cost.device, cost.dtype) == (title, dtype)}
    missing = {shape_of(spec): spec for spec in (*(one.spec() for one in REFERENCES), *specs) if not spec.experts}
    place = torch.device(device.name if device else "cpu")
    benches: list[_Bench] = []
    end = time.perf_counter() + LONGEST
    complete = True
    for shape, spec in missing.items():
        if shape not in known:
            if stop() or time.perf_counter() > end:
                complete = False
                break
            benches.append(_Bench(spec, dtype, place))
    complete = _take_turns(benches, min(time.perf_counter() + _SECONDS, end), stop) and complete
    for bench in benches:
        if bench.turns >= _LEAST:
            record_layer(bench.cost(title))
    del benches
    if again or recorded("memory_read") is None:
        record("memory_read", measure_memory())
    if device is not None and (again or recorded("device_read") is None):
        for name, figure in measure_copies(torch.device(device.name)):
            record(name, figure)
    return complete


def shape_of(spec: ModelSpec) -> str:
    return shape_name(spec.hidden_size, spec.intermediate_size, spec.heads, spec.kv_heads, spec.head_dim)


class _Bench:
    """A layer of a model with random weights, in copies, ready to be timed.

    Attributes:
        turns: How often each number of rows was timed.
    """

    @torch.inference_mode()
    def __init__(self, spec: ModelSpec, dtype: str, device: torch.device) -> None:
        kind: torch.dtype = getattr(torch, dtype)
        copies = min(max(_HELD // (spec.layers[0].parameters * kind.itemsize), 1), _MOST_COPIES)
        shapes = spec.layers[0].weights
        self.turns = 0
        self._spec, self._dtype, self._kind, self._device = spec, dtype, kind, device
        self._modules = Transformer(spec, device)
        self._weights = [
            {name: torch.full(shape, 0.01, dtype=kind, device=device) for name, shape in shapes.items()}
            for _ in range(copies)
        ]
        self._cache = TreeCache(1, spec.kv_heads, spec.head_dim, TEXT + ROWS[-1], kind, device)
        self._seconds: list[list[float]] = [[] for _ in ROWS]
        self._run(TEXT)
        self._cache.commit(range(TEXT), range(TEXT))
        for rows in ROWS:
            self._run(rows)  # Kernels are made for a new number of rows.

    @torch.inference_mode()
    def take_turn(self) -> None:
        for times, rows in zip(self._seconds, ROWS, strict=True):
            times.append(mean(self._run(rows)))  # A pass is a sum of layers, so that a mean of copies counts.
        self.turns += 1

    def cost(self, title: str) -> LayerCost:
        """What one layer takes.

        Args:
            title: Of the device, "" for the processor.
        """
        seconds = [median(times) for times in self._seconds]
        # A larger pass never takes less: where it seems to, another program came between.
        for index in reversed(range(len(ROWS) - 1)):
            seconds[index] = min(seconds[index], seconds[index + 1])
        parameters = self._spec.layers[0].parameters
        size = format_size(parameters * self._kind.itemsize)
        return LayerCost(
            shape=shape_of(self._spec),
            device=title,
            dtype=self._dtype,
            parameters=parameters,
            rows=ROWS,
            seconds=tuple(seconds),
            source=Source.MEASURED,
            how=f"Ran a layer of {size} in {self._dtype} with {ROWS[0]} to {ROWS[-1]} rows behind {TEXT} tokens, "
            f"{self.turns} times.",
            when=_today(),
        )

    def _run(self, rows: int) -> list[float]:
        """Seconds of each copy with so many rows of a tree. One run goes before that is not timed.

        The first after runs of other sizes takes half as long again (measured: 8.3 ms instead of 5.6 for a layer of 110
        MiB with 8 rows), of a small layer twice as long. In a pass that is the first layer alone.
        """
        states = torch.full((1, rows, self._spec.hidden_size), 0.5, dtype=self._kind, device=self._device)
        piece = cut(states, self._cache.length, [0] * rows, torch.eye(rows, dtype=torch.bool), whole=False)[-1]
        before = piece.hidden
        seconds = []
        for weights in (self._weights[-1], *self._weights):
            self._cache.drop_uncommitted()
            piece.hidden = before
            self._modules.layers[0].fill(weights)
            start = time.perf_counter()
            self._modules.run_layer(0, piece, self._cache)
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)
            seconds.append(time.perf_counter() - start)
        return seconds[1:]


def _take_turns(benches: Sequence[_Bench], end: float, stop: Callable[[], bool]) -> bool:
    """Time layers in turns until `end` or until there are enough. Returns whether it came to that."""
    turns = 0
    while benches and (turns < _LEAST or time.perf_counter() < end):
        for bench in benches:
            if stop():
                return turns >= _LEAST
            bench.take_turn()
        turns += 1
    return True


def measure_memory() -> Figure:
    """Bytes per second that the processor reads from RAM with all cores."""
    block = torch.ones(_READ // 4, dtype=torch.float32)
    seconds = min(_reading(block) for _ in range(5))
    how = f"Read {format_size(_READ)} five times with all cores; the fastest took {seconds * 1e3:.1f} ms."
    return Figure(_READ / seconds, Source.MEASURED, how, _today())


def measure_copies(device: torch.device) -> Iterator[tuple[str, Figure]]:
    """Bytes per second to an accelerator from locked and from ordinary memory, and what it reads of its own."""
    there = torch.empty(_READ, dtype=torch.uint8, device=device)
    for name, locked in (("host_to_device", True), ("host_to_device_pageable", False)):
        here = torch.ones(_READ, dtype=torch.uint8, pin_memory=locked)
        seconds = min(_copying(here, there) for _ in range(5))
        memory = "locked" if locked else "ordinary"
        how = f"Copied {format_size(_READ)} of {memory} memory five times; the fastest took {seconds * 1e3:.1f} ms."
        yield name, Figure(_READ / seconds, Source.MEASURED, how, _today())
    other = torch.empty_like(there)
    seconds = min(_copying(there, other) for _ in range(5))
    how = f"Copied {format_size(_READ)} within its memory, read and written, in {seconds * 1e3:.2f} ms."
    yield "device_read", Figure(2 * _READ / seconds, Source.MEASURED, how, _today())


def _reading(block: Tensor) -> float:
    start = time.perf_counter()
    block.sum()
    return time.perf_counter() - start


def _copying(source: Tensor, target: Tensor) -> float:
    torch.cuda.synchronize(target.device)
    start = time.perf_counter()
    target.copy_(source, non_blocking=True)
    torch.cuda.synchronize(target.device)
    return time.perf_counter() - start


def _device() -> tuple[Device | None, str]:
    """The accelerator that would compute, the one with the most free memory; None for the processor."""
    if not torch.cuda.is_available():
        return None, ""
    card = max(read_devices(), key=lambda device: device.free)
    return Device(card.name, card.title, card.total, card.free), card.title


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
