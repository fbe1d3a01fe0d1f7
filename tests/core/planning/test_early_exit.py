"""An early exit goes through resident layers, and its keys and values are planned for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import BadRequest
from core.planning.memory import DRAFT_ROWS
from core.planning.plan import Plan, Purpose, Request, Tier
from core.planning.planner import make_plan
from tests.core.planning.samples import GIB, machine, model

MACHINE = machine(ram=64 * GIB, free=50 * GIB)
REQUEST = Request(model(32), None, device="cpu", context=4096, budget=64, drafter="exit", dtype="bfloat16")


def streaming(request: Request = REQUEST) -> Plan:
    """A plan with about half of the layers on the drive."""
    resident = make_plan(request, MACHINE)
    limit = (resident.minimum_limit + resident.resident_limit) // 2
    plan = make_plan(replace(request, ram_limit=limit), MACHINE)
    assert plan.streamed_layers
    return plan


def test_resident_layers_draft_where_others_stream_and_the_first_half_where_none_does() -> None:
    plan = streaming()
    assert plan.exit_layers == tuple(index for index, tier in enumerate(plan.layers) if tier is Tier.RAM)
    assert make_plan(REQUEST, MACHINE).exit_layers == tuple(range(16))
    assert make_plan(replace(REQUEST, drafter="lookup"), MACHINE).exit_layers == ()


def test_chosen_layers_are_taken_if_they_are_resident() -> None:
    assert make_plan(replace(REQUEST, exit_layers=(9, 1, 4, 4)), MACHINE).exit_layers == (1, 4, 9)
    with pytest.raises(BadRequest, match="no layer 32"):
        make_plan(replace(REQUEST, exit_layers=(0, 32)), MACHINE)
    streamed = streaming().streamed_layers[0]
    with pytest.raises(BadRequest, match=f"Layer {streamed} streams"):
        streaming(replace(REQUEST, exit_layers=(streamed,)))


def test_where_everything_streams_there_is_no_early_exit() -> None:
    least = make_plan(REQUEST, MACHINE).minimum_limit
    with pytest.raises(BadRequest, match="early exit needs"):
        make_plan(replace(REQUEST, ram_limit=least), MACHINE)


def test_its_keys_and_values_are_part_of_the_plan() -> None:
    plans = [make_plan(replace(REQUEST, drafter=drafter), MACHINE) for drafter in ("exit", "lookup")]
    taken, none = (plan.use[0].bytes.get(Purpose.DRAFT, 0) for plan in plans)
    assert none == 0
    assert taken == REQUEST.model.kv_bytes_per_token(2) * (4096 + DRAFT_ROWS * 64)
