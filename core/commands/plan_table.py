"""Draws a plan for the terminal: memory by purpose as bars, layers as tiles, speed as a range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill

from core.commands.options import Pair
from core.planning.plan import Plan, Purpose, Speed, Tier, TierUse
from core.planning.sources import SELF
from core.planning.speed import PROMPT
from core.planning.worth import Offer
from core.sizes import format_size

WIDTH = 78
BAR = 24
PURPOSES = {
    Purpose.WEIGHTS: "weights",
    Purpose.STAGING: "staging",
    Purpose.KV: "KV cache",
    Purpose.DRAFT: "draft",
    Purpose.SELF_DRAFT: "self-draft",
    Purpose.ACTIVATIONS: "activations",
    Purpose.ENGINE: "engine",
    Purpose.OTHERS: "other programs",
    Purpose.RESERVE: "reserve",
}
LIMITED_BY = {"bus": "the bus", "drive": "the drive"}
RESIDENT_TILE, STREAMED_TILE = "▮", "▯"


def draw_plan(plan: Plan, pair: Pair, by_budget: Mapping[int, float], errors: Sequence[float]) -> str:
    """The plan as lines of text.

    Args:
        by_budget: Tokens per second at each budget.
        errors: By how much earlier predictions were off.
    """
    return "\n".join(_lines(plan, pair, by_budget, errors))


def draw_offers(offers: Sequence[Offer]) -> str:
    """Models of the catalogue as a table, with what marks figures that are from memory."""
    lines = [f"{'model':<36}{'weights':<9}{'download':>11}  {'tokens per second':<19}limited by"]
    for offer in offers:
        mark = "" if offer.certainty == "sourced" else "*"
        speed = offer.plan.speed
        name, size = offer.entry.name.split("/")[-1] + mark, format_size(offer.download)
        expected = f"{_rate(speed.low)} to {_rate(speed.high)}" if speed else "does not fit"
        limit = LIMITED_BY.get(speed.limited_by, speed.limited_by) if speed else ""
        lines.append(f"{name:<36}{offer.weight_format:<9}{size:>11}  {expected:<19}{limit}".rstrip())
        if offer.draft:
            lines.append(f"  with {offer.draft.name.split('/')[-1]}")
    if any(offer.certainty != "sourced" for offer in offers):
        lines.append("* Some of its numbers are from memory: see resources/catalogue/models.json.")
    return "\n".join(lines)


def _lines(plan: Plan, pair: Pair, by_budget: Mapping[int, float], errors: Sequence[float]) -> Iterator[str]:
    target = pair.target
    yield f"{target.name}: {target.parameters / 1e9:.3g} billion parameters, {format_size(target.bytes)}"
    if SELF in plan.sources:
        yield "draft: the model itself, in 4 bits where it streams"
    else:
        yield f"draft: {pair.draft.name}, {format_size(pair.draft.bytes)}" if pair.draft else f"no draft: {pair.note}"
    yield f"computes on {plan.device} in {plan.dtype}, context {plan.context:,} tokens, {plan.budget} nodes per tree"
    for use in plan.use:
        if use.ours:
            yield ""
            yield from _drive(use) if use.tier is Tier.SSD else _memory(use)
    yield ""
    yield from _parts(plan)
    yield ""
    yield from _speed(plan.speed) if plan.speed else ["It does not fit."]
    if plan.speed and len(by_budget) > 1:
        yield "By budget: " + ", ".join(f"{nodes}: {_rate(rate)}" for nodes, rate in by_budget.items())
    if errors:
        yield "The last runs of this pair were predicted with these errors: " + ", ".join(
            f"{error:+.0%}" for error in errors
        )
    if plan.choice:
        yield fill(plan.choice, WIDTH)
    for warning in plan.warnings:
        yield fill(warning, WIDTH)


def _memory(use: TierUse) -> Iterator[str]:
    """A heading, and a bar for each purpose against the whole tier."""
    ours, limit, total = (format_size(size) for size in (use.ours, use.limit, use.total))
    yield f"{use.tier.upper()}  {ours} of {limit} allowed, {total} in all"
    for purpose, name in PURPOSES.items():
        size = use.bytes.get(purpose, 0)
        if size:
            # What does not fit may be more than the whole tier.
            yield f"  {name:<15}{format_size(size):>11}  {'█' * min(BAR, max(1, round(BAR * size / use.total)))}"


def _drive(use: TierUse) -> Iterator[str]:
    yield f"SSD  {format_size(use.ours)} of weights are read from the drive in every pass"


def _parts(plan: Plan) -> Iterator[str]:
    yield from _tiles("Layers", plan.layers, plan.resident_tier)
    if plan.experts != plan.layers:
        yield from _tiles("Experts", plan.experts, plan.resident_tier)
    places = (("Embedding", plan.embedding), ("head", plan.head), ("KV cache", plan.kv))
    yield ", ".join(f"{name}: {tier.upper()}" for name, tier in places) + f" in {plan.kv_dtype}"
    if plan.draft_tier is not None:
        manner = "resident" if plan.draft_tier is plan.resident_tier else "streamed at each of its passes"
        yield f"Draft: {plan.draft_tier.upper()}, {manner}"


def _tiles(name: str, tiers: Sequence[Tier], resident: Tier) -> Iterator[str]:
    """A tile for each layer, and how many of which kind there are."""
    tiles = "".join(RESIDENT_TILE if tier is resident else STREAMED_TILE for tier in tiers)
    for start in range(0, len(tiles), WIDTH - 9):
        yield f"{'' if start else name:<9}{tiles[start : start + WIDTH - 9]}"
    kept = tiers.count(resident)
    yield f"         {RESIDENT_TILE} {kept} resident  {STREAMED_TILE} {len(tiers) - kept} streamed"


def _speed(speed: Speed) -> Iterator[str]:
    seconds = speed.seconds
    longest = max(seconds.stream, seconds.draft, seconds.compute)
    yield "One pass"
    for name, value in (("stream", seconds.stream), ("draft", seconds.draft), ("compute", seconds.compute)):
        yield f"  {name:<15}{value:>9.3f} s  {'█' * round(BAR * value / longest) if longest else ''}".rstrip()
    if seconds.sample:
        yield f"  {'choose':<15}{seconds.sample:>9.3f} s"
    if seconds.hidden:
        yield f"  {'of that hidden':<15}{seconds.hidden:>9.3f} s"
    limiter = LIMITED_BY.get(speed.limited_by, speed.limited_by)
    yield f"Expect {_rate(speed.low)} to {_rate(speed.high)} tokens per second, limited by {limiter}."
    yield f"The first token of a reply comes after about {speed.first_token:.1f} s (prompt of {PROMPT} tokens)."
    if speed.pace != 1.0:
        yield f"Earlier runs here took {speed.pace:.2f} times the seconds above; the speed says so already."
    source = speed.tokens_per_step_source.rstrip(".")
    yield fill(f"That assumes {speed.tokens_per_step:.2g} tokens per step ({source}).", WIDTH)


def _rate(value: float) -> str:
    return f"{value:.2g}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:.0f}"
