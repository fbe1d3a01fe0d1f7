"""Who takes part in the offload benchmark, and with which settings each is tried."""

from __future__ import annotations

from dataclasses import dataclass

from tests.benchmarks.offload.job import Settings

MAX_MEMORY_SHARES = (0.2, 0.4, 0.55, 0.7)
"""Of the limit, what accelerate may fill with weights: how much it takes besides is for trials to find out."""

LOOKED_UP = (2, 10)
"""llama-cpp-python's documentation has 10, and 2 for machines without a GPU."""

DRAFTED = (8, 16)


@dataclass(frozen=True)
class Entry:
    """A contestant.

    Attributes:
        title: What it is called in tables.
        module: Its module in `contestants`.
        package: What must be installed for it.
        variants: Settings to try; the fastest in a short trial takes part.
        bar: How many times as fast as it Penjing with its draft has to be; None without such a bar.
    """

    title: str
    module: str
    package: str
    variants: list[Settings]
    bar: float | None = None


PENJING = "penjing"
NAMES = (
    PENJING,
    "penjing-plain",
    "accelerate",
    "accelerate-assisted",
    "llama.cpp",
    "llama.cpp-lookup",
    "llama.cpp-draft",
)


def entries(limit: int, model: int) -> dict[str, Entry]:
    """The contestants by name, for a limit and a model of so many bytes."""
    # The last keeps every module in memory as far as accelerate knows: the system pages the mapped files.
    memory = [*(int(share * limit) for share in MAX_MEMORY_SHARES), 2 * model]
    found = (
        Entry("Penjing, draft model", "penjing", "torch", [{"draft": 1}]),
        Entry("Penjing, no speculation", "penjing", "torch", [{"draft": 0}]),
        Entry("accelerate", "accelerate", "accelerate", [{"cpu": size, "assistant": 0} for size in memory], 5.0),
        Entry(
            "accelerate, assisted", "accelerate", "accelerate", [{"cpu": size, "assistant": 1} for size in memory], 2.0
        ),
        Entry("llama.cpp", "llama_cpp", "llama_cpp", [{"lookup": 0, "draft": 0}], 4.0),
        Entry(
            "llama.cpp, prompt lookup",
            "llama_cpp",
            "llama_cpp",
            [{"lookup": count, "draft": 0} for count in LOOKED_UP],
            2.0,
        ),
        Entry(
            "llama.cpp, draft model",
            "llama_cpp",
            "llama_cpp",
            [{"lookup": 0, "draft": count} for count in DRAFTED],
            2.0,
        ),
    )
    return dict(zip(NAMES, found, strict=True))
