"""What decoder layers take on this computer, by size and number of rows: measured with a few, told of all."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.machine.machine import LayerCost, Source
from core.machine.profile import keep, kept

_KEY = "layer"


@dataclass(frozen=True, slots=True)
class LayerCosts:
    """Answers for layers of any size from those that were measured with one number format on one device.

    A layer's seconds grow in a straight line with its parameters between two sizes that were measured: where the line
    meets zero parameters is what the program around the arithmetic takes.

    Attributes:
        costs: Ascending by parameters, of different sizes, at least two.
    """

    costs: tuple[LayerCost, ...]

    @classmethod
    def of(cls, costs: Sequence[LayerCost], device: str, dtype: str) -> LayerCosts | None:
        """Those that were measured on a device with a number format; None if they are too few to tell of others."""
        fitting = [cost for cost in costs if (cost.device, cost.dtype) == (device, dtype)]
        by_size = {cost.parameters: cost for cost in sorted(fitting, key=lambda cost: cost.parameters)}
        return cls(tuple(by_size.values())) if len(by_size) >= 2 else None

    def seconds(self, shape: str, parameters: float, rows: int) -> float:
        """Seconds of a layer of so many parameters, its own if it was measured."""
        for cost in self.costs:
            if cost.shape == shape:
                return cost.at(rows) * parameters / cost.parameters
        sizes = [cost.parameters for cost in self.costs]
        above = min(max(bisect_right(sizes, parameters), 1), len(sizes) - 1)
        small, large = self.costs[above - 1], self.costs[above]
        if parameters >= large.parameters:
            return large.at(rows) * parameters / large.parameters
        share = (parameters - small.parameters) / (large.parameters - small.parameters)
        line = small.at(rows) + share * (large.at(rows) - small.at(rows))
        return max(line, small.at(rows) / 4)

    def measured(self, shape: str) -> bool:
        """Whether layers of just this shape were measured."""
        return any(cost.shape == shape for cost in self.costs)


def shape_name(hidden: int, intermediate: int, heads: int, kv_heads: int, head_dim: int) -> str:
    """What a layer's shape is called."""
    return f"{hidden}x{intermediate}, {heads} heads of {head_dim}, {kv_heads} of keys"


def recorded_layers() -> tuple[LayerCost, ...]:
    """All that was measured on this computer."""
    costs = []
    for name, entry in kept().items():
        if not name.startswith(_KEY + " "):
            continue
        match entry:
            case {
                "shape": str(shape),
                "device": str(device),
                "dtype": str(dtype),
                "parameters": int(parameters),
                "rows": list(rows),
                "seconds": list(seconds),
                "how": str(how),
                "when": str(when),
            } if _is_curve(rows, seconds):
                points = tuple(map(int, rows)), tuple(map(float, seconds))
                costs.append(LayerCost(shape, device, dtype, parameters, *points, Source.MEASURED, how, when))
    return tuple(costs)


def record_layer(cost: LayerCost) -> None:
    """Keep what a layer took for later plans. Raises OSError if that cannot be written."""
    keep(
        f"{_KEY} {cost.device} {cost.dtype} {cost.shape}",
        {
            "shape": cost.shape,
            "device": cost.device,
            "dtype": cost.dtype,
            "parameters": cost.parameters,
            "rows": list(cost.rows),
            "seconds": list(cost.seconds),
            "how": cost.how,
            "when": cost.when,
        },
    )


def _is_curve(rows: list[object], seconds: list[object]) -> bool:
    """Whether numbers that were read from a file can be a curve."""
    numbers = [value for value in (*rows, *seconds) if isinstance(value, int | float) and value > 0]
    if len(numbers) != len(rows) + len(seconds) or len(rows) != len(seconds) or len(rows) < 2:
        return False
    return all(one < next_one for one, next_one in pairwise(numbers[: len(rows)]))
