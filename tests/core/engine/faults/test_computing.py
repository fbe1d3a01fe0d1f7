"""A pass that finds no memory or is cancelled costs one request, and the next is as if it never was; so with limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from core.decoding.report import FinishReason
from core.engine.engine import Engine
from core.engine.messages import Generate
from core.errors import DoesNotFit, OutOfMemory, PromptTooLong
from core.machine.probe import probe_machine
from core.models import experts as experts_module
from core.models.checkpoint import open_checkpoint
from core.models.transformer import Transformer
from core.offload import head as head_module
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from tests.core.engine.faults.faulty import (
    BUDGET,
    CONTEXT,
    LENGTH,
    MOMENTS,
    PROMPT,
    SETTINGS,
    nothing_left_behind,
    reply,
    spread,
)

# Faults of computing while weights stream


class Computing:
    """Counts one kind of calls and lets one of them find no memory."""

    def __init__(self, genuine: Callable[..., Any]) -> None:
        self._genuine = genuine
        self.calls = 0
        self._fails: int | None = None

    def fails(self, after: int) -> None:
        self._fails = self.calls + after

    def works(self) -> None:
        self._fails = None

    def __call__(self, *given: Any) -> Any:
        self.calls += 1
        if self.calls == self._fails:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 5 bytes.")
        return self._genuine(*given)


@pytest.mark.parametrize("place", ["layer", "head", "expert"])
@pytest.mark.parametrize("alone", [False, True], ids=["all stream", "one kind streams"])
def test_memory_that_computing_does_not_get_costs_one_request(
    placement: None,
    plan: Plan,
    expected: tuple[int, ...],
    place: str,
    alone: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if place == "expert" and not open_checkpoint(plan.model).experts:
        pytest.skip("the model has no experts")
    if alone:
        every = (Tier.RAM,) * len(plan.layers)
        plan = replace(
            plan,
            layers=(*every[:-1], Tier.SSD) if place == "layer" else every,
            head=Tier.SSD if place == "head" else Tier.RAM,
            experts=(*every[:-1], Tier.SSD) if place == "expert" else every,
        )
    engine = Engine(plan)
    if place == "layer":
        computing = Computing(Transformer.run_layer)
        monkeypatch.setattr(Transformer, "run_layer", lambda *given: computing(*given))  # noqa: PLW0108 - binds self
    elif place == "expert":
        computing = Computing(experts_module._expert)
        monkeypatch.setattr(experts_module, "_expert", computing)
    else:
        computing = Computing(torch.nn.functional.linear)
        monkeypatch.setattr(head_module, "functional", SimpleNamespace(linear=computing))
    assert reply(engine) == expected
    before = computing.calls
    assert reply(engine) == expected
    held: list[OutOfMemory] = []
    for moment in spread(computing.calls - before):
        computing.fails(moment)
        try:
            assert reply(engine) == expected  # in fewer steps than before
        except OutOfMemory as error:
            held.append(error)  # and with it all that was going on then
        computing.works()
        assert reply(engine) == expected
    assert len(held) > MOMENTS // 2
    assert all("Close other programs" in error.remedy for error in held)
    engine.close()


# Cancelling


def test_a_cancel_at_any_moment_ends_within_a_layer_and_the_next_request_works(
    engine: Engine, expected: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = layers_after = 0
    cancel_at: int | None = None

    def cancelled() -> bool:
        nonlocal looks
        looks += 1
        return cancel_at is not None and looks >= cancel_at

    run_layer = Transformer.run_layer

    def counted(*given: Any) -> None:
        nonlocal layers_after
        layers_after += cancel_at is not None and looks >= cancel_at
        run_layer(*given)

    monkeypatch.setattr(Transformer, "run_layer", counted)
    assert reply(engine, cancelled) == expected
    for moment in spread(looks):
        looks, layers_after, cancel_at = 0, 0, moment
        tokens = reply(engine, cancelled)
        assert engine.summary is not None
        if engine.summary.finish_reason is FinishReason.CANCELLED:
            assert tokens == expected[: len(tokens)]
            assert layers_after <= 1
        cancel_at = None
        assert reply(engine) == expected


# Limits


@pytest.mark.parametrize("memory", [1 << 20, 200 << 20])
def test_a_limit_below_the_minimum_is_refused_with_the_minimum(original: Path, memory: int) -> None:
    spec = open_checkpoint(original)
    plan = make_plan(Request(spec, None, device="cpu", context=CONTEXT, ram_limit=memory), probe_machine())
    with nothing_left_behind(), pytest.raises(DoesNotFit, match=r"Raise the limit to \d+ MiB"):
        Engine(plan)


def test_the_planned_context_ends_a_reply_and_refuses_a_longer_prompt(engine: Engine) -> None:
    prompt = "join " * 40
    room = CONTEXT - len(engine._prompt(Generate("r", prompt=prompt)))
    hot = Sampling(temperature=1.0, seed=4)
    list(engine.generate(Generate("r", prompt=prompt, sampling=hot)))
    assert engine.summary is not None
    assert engine.summary.finish_reason is FinishReason.CONTEXT
    assert len(engine.summary.token_ids) == room > 0
    with pytest.raises(PromptTooLong, match=rf"context holds {CONTEXT}\. .* load the model with a larger context"):
        list(engine.generate(Generate("r", prompt=prompt * 4)))


def test_a_context_that_the_model_itself_bounds_is_not_to_be_made_larger(plan: Plan) -> None:
    engine = Engine(replace(plan, context=SETTINGS["max_position_embeddings"]))
    with pytest.raises(PromptTooLong, match=r"context holds 256\. .* made for no more"):
        list(engine.generate(Generate("r", prompt="join " * 400)))
    engine.close()


def test_noise_decides_what_a_hot_reply_says(engine: Engine, expected: tuple[int, ...]) -> None:
    """Or the comparisons above would show nothing."""
    sampling = Sampling(temperature=1.0, seed=5)
    request = Generate("r", prompt=PROMPT, sampling=sampling, max_new_tokens=LENGTH, budget=BUDGET)
    list(engine.generate(request))
    assert engine.summary is not None
    assert engine.summary.token_ids != expected
