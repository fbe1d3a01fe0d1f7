"""What a person sets for the plan of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

AUTO = "auto"

USUAL_CONTEXT = 8192
USUAL_RESERVE = 1 << 30

Bytes = Annotated[int, Field(ge=0, lt=2**63)]


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """What a person can set. None, or `AUTO`, leaves the choice to the planner. Limits and reserve in bytes."""

    context: Annotated[int, Field(ge=1, lt=2**31)] = USUAL_CONTEXT
    ram_limit: Bytes | None = None
    vram_limit: Bytes | None = None
    budget: Annotated[int, Field(ge=1, le=1 << 16)] | None = None
    reserve: Bytes = USUAL_RESERVE
    kv_dtype: str = AUTO
    draft_tier: str = AUTO
    drafter: str = AUTO


NOTHING_SET = PlanSettings()
