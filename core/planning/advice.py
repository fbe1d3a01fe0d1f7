"""Sentences about a plan: what it lacks, what would mend that, and what its figures rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from core.machine.machine import Figure, Machine, Program, Source
from core.models.spec import ModelSpec
from core.planning.plan import Plan, Purpose, Request, Tier
from core.planning.weights import ELEMENT_BYTES, KV_BYTES
from core.sizes import format_size

SMALLEST_CONTEXT = 256
"""Advice goes no lower: less is no conversation."""

MANY_OTHERS = 0.2
"""Share of RAM from which on it is worth saying that other programs hold it."""

MIB, GIB = 1 << 20, 1 << 30


def shortfall(
    request: Request,
    missing: Mapping[Tier, int],
    needed: Mapping[Tier, int],
    totals: Mapping[Tier, int],
    fits: Callable[[Request], bool],
) -> str:
    """By how much a plan does not fit, from which limits it would, and what else would make it fit.

    Each piece of advice alone is enough.

    Args:
        missing: Bytes that tiers lack.
        needed: The limit of each tier from which the plan fits.
        totals: Bytes that each tier has at all.
        fits: Whether a request fits.
    """
    lack = " and ".join(f"{at_least(size)} more {tier.upper()}" for tier, size in missing.items())
    advice, least = [*_smaller(request, fits)], ""
    if any(rounded_up(needed[tier]) > totals[tier] for tier in missing):
        least = ", at least " + " and ".join(f"{at_least(needed[tier])} of {tier.upper()}" for tier in missing)
    else:
        names = {tier: "limit" if len(totals) == 1 else f"{tier.upper()} limit" for tier in missing}
        advice.append("raise " + " and ".join(f"the {names[tier]} to {at_least(needed[tier])}" for tier in missing))
    if not advice:
        advice.append("choose a smaller model")
    *others, last = advice
    remedy = ", ".join(others) + ", or " + last if others else last
    limits = "limit" if len(missing) == 1 else "limits"
    return f"This needs {lack} than the {limits}{least}. {remedy[0].upper()}{remedy[1:]}."


def remarks(asked: Request, plan: Plan, machine: Machine) -> Iterator[str]:
    """What a person should know about a plan that may be otherwise than they think."""
    if plan.context < asked.context:
        yield f"The model was made for {plan.context:,} tokens, so the context is that, not {asked.context:,}."
    if asked.draft is not None and asked.draft.context_limit < plan.context:
        yield f"The draft was made for {asked.draft.context_limit:,} tokens; beyond, fewer guesses will be right."
    if plan.draft_tier not in (None, plan.resident_tier):
        yield f"The draft streams from {plan.draft_tier.upper()} at each of its passes, of which a step has several."
    if asked.draft is not None and (larger := larger_draft(asked.model, asked.draft)):
        yield larger
    if plan.device == "cpu" and plan.dtype == "float32" and asked.dtype == "auto" and asked.model.dtype != "F32":
        yield "This processor computes faster in float32 than in bfloat16, but that takes twice the memory."
    if plan.device == "cpu" and plan.dtype == "float16":
        yield "Processors compute float16 about 10 times slower than bfloat16 or float32."
    if KV_BYTES[plan.kv_dtype] < ELEMENT_BYTES[plan.dtype]:
        yield (
            f"Keys and values are rounded to {plan.kv_dtype}: replies may differ from those with a cache in "
            f"{plan.dtype}, the more the longer the text."
        )
    if plan.streamed_tiers:
        yield from _others("RAM", machine.ram_total, machine.ram_available, machine.programs)
        for device in machine.devices:
            if device.name == plan.device:
                yield from _others("VRAM", device.total_bytes, device.free_bytes, device.programs)
    if asked.ram_limit is not None and asked.ram_limit > machine.ram_available:
        yield f"The RAM limit is above the {machine.ram_available / GIB:.1f} GiB that are free: the system may swap."
    if plan.speed is not None:
        yield from _assumptions(_figures(plan, machine))


def rate(plan: Plan) -> float:
    """Predicted tokens per second; 0 if it does not fit."""
    return plan.speed.tokens_per_second if plan.speed else 0.0


def _words(plan: Plan) -> str:
    """The rate in so many digits as are believed."""
    return f"{rate(plan):.1f}" if rate(plan) < 10 else f"{rate(plan):.0f}"


def itself(plan: Plan) -> str:
    """What a self-draft takes."""
    size = next(use.bytes[Purpose.SELF_DRAFT] for use in plan.use if use.tier is plan.resident_tier)
    return (
        f"The target drafts for itself with {format_size(size)} of 4-bit copies, which are made once and kept on the "
        "drive as well."
    )


def choice(request: Request, chosen: Plan, other: Plan, own: Plan, alone: Plan | None) -> str:
    """Who drafts, of those the planner could choose from, and why.

    Args:
        chosen: One of the next two.
        other: The plan with a draft model; without one, where nobody drafts but memories.
        own: That with a self-draft.
        alone: That where nobody drafts but memories, so that more layers stay, beside a draft model.
    """
    named = f"{_words(other)} with the draft {request.draft.name}" if request.draft else ""
    without = f"{_words(alone or other)} if that memory held more layers instead"
    if chosen.sources == own.sources:
        against = " and ".join(part for part in (named, without) if part)
        return f"{itself(own)} {_words(own)} tokens a second are expected, against {against}."
    if not own.fits:
        return "A self-draft of the target would not fit."
    who = f"The draft {request.draft.name} drafts" if request.draft else "Nobody drafts but memories"
    return f"{who}: {_words(other)} tokens a second are expected, against {_words(own)} with a self-draft."


def _others(memory: str, total: int, free: int, programs: Sequence[Program]) -> Iterator[str]:
    """That others hold much of a memory, and who holds most of that."""
    others = total - free
    if others <= max(total * MANY_OTHERS, GIB / 10):
        return
    most = programs[0] if programs else None
    # What processes share is counted for each of them, so that one may seem to hold more than all do.
    by = f", {most.bytes / GIB:.1f} GiB of them by {most.name}" if most and others / 8 < most.bytes < others else ""
    yield f"{others / GIB:.1f} GiB of {memory} are used by other programs{by}: closing some lets more layers stay."


def larger_draft(target: ModelSpec, draft: ModelSpec) -> str | None:
    """A warning of a draft that is larger than its target."""
    if draft.bytes <= target.bytes:
        return None
    return f"The draft, {draft.name}, is larger than the target: its guesses take longer than they can save."


def at_least(size: int) -> str:
    """A size for the screen that is not below the true one: "310 MiB", "1.1 GiB"."""
    rounded = rounded_up(size)
    return f"{rounded / GIB:.1f} GiB" if rounded >= GIB else f"{rounded // MIB} MiB"


def rounded_up(size: int) -> int:
    """Whole MiB, and tenths of a GiB from 1 GiB up."""
    mebibytes = -(-size // MIB)
    return mebibytes * MIB if mebibytes < 1024 else -(-size * 10 // GIB) * GIB // 10


def _smaller(request: Request, fits: Callable[[Request], bool]) -> Iterator[str]:
    """Requests for less that would fit."""
    context = 1 << max(0, (request.context - 1).bit_length() - 1)
    while context >= SMALLEST_CONTEXT:
        if fits(replace(request, context=context)):
            yield f"lower the context to {context // 1024}k" if context >= 1024 else f"lower the context to {context}"
            break
        context //= 2
    if request.draft is not None and request.draft_tier != "ssd" and fits(replace(request, draft_tier="ssd")):
        yield "leave the draft on the drive"
    if request.draft is not None and fits(replace(request, draft=None)):
        yield "leave out the draft"


def _figures(plan: Plan, machine: Machine) -> dict[str, Figure | None]:
    """The figures of the machine that the predicted speed rests on."""
    figures: dict[str, Figure | None] = {"matrix products": machine.matmul}
    if plan.device == "cpu":
        figures["reading of RAM"] = machine.memory_read
    elif plan.streamed_tiers:
        figures["copies to the device"] = machine.host_to_device
    if Tier.SSD in plan.streamed_tiers:
        figures["reading of the drive"] = machine.drive_read
    return figures


def _assumptions(figures: Mapping[str, Figure | None]) -> Iterator[str]:
    assumed = [name for name, figure in figures.items() if figure is None or figure.source is Source.ASSUMED]
    if assumed:
        yield f"The speed of {' and of '.join(assumed)} is assumed, not measured on this machine."
