"""Answers a request with a plan: where every part lives, and how fast that will be. Pure, and fast enough to drag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.errors import BadRequest
from core.machine.machine import Device, Machine
from core.planning import advice
from core.planning.early_exit import exit_layers
from core.planning.knowledge import NONE, Knowledge
from core.planning.memory import Footprint
from core.planning.placement import Placement, Uses, place_on_cpu, place_on_device, place_on_shared
from core.planning.plan import Plan, Purpose, Request, Speed, Tier, TierUse
from core.planning.self_draft import self_draft_problem
from core.planning.sources import AUTO, EXIT, SELF, check_growth, sources_named
from core.planning.speed import predict
from core.planning.weights import ELEMENT_BYTES, EXPERT_SLOTS, KV_BYTES, STAGING_SLOTS, Weights

BUDGETS = (8, 16, 32, 64, 128, 256)
"""Nodes per tree that the planner chooses from."""

WORTHWHILE_ITSELF = 1.15
"""How much faster a self-draft must be than what is at hand without: it has to be made, and takes room on the drive."""

NOTHING_STREAMS = "Nothing streams here, so that the target need not draft for itself."

_Planned = tuple[Plan, dict[int, float]]


def make_plan(request: Request, machine: Machine, knowledge: Knowledge = NONE) -> Plan:
    """The placement that makes a request fastest on a machine.

    At a given budget, and as far as it depends on the tier that computes, a plan fits exactly from `minimum_limit` on,
    nothing streams exactly from `resident_limit` on, and a higher limit never means that more bytes travel at a pass
    (unless weights that are stored packed are then dequantised at load, because that is faster).
    If the budget is left open, the planner takes the one of `BUDGETS` with the highest predicted speed;
    `minimum_limit` is then that of the smallest, and a higher limit never means a lower speed.

    Args:
        knowledge: What is known of the pair: its runs on this machine, and what others published.

    Raises:
        BadRequest: There is no such device or dtype, or a number is out of range.
    """
    return plan_and_curve(request, machine, knowledge)[0]


def plan_and_curve(request: Request, machine: Machine, knowledge: Knowledge = NONE) -> tuple[Plan, dict[int, float]]:
    """As `make_plan`, and predicted tokens per second at each budget that it chose from, of those that fit."""
    planned = _planned(request, machine, knowledge)
    if request.drafter == "auto":
        return _weighed(planned, request, machine, knowledge)
    plan, curve = planned
    if SELF not in plan.sources:
        return planned
    if plan.fits and not plan.streamed_layers:
        others = "+".join(source for source in plan.sources if source != SELF) or "none"
        plan, curve = _planned(replace(request, drafter=others), machine, knowledge)
        return replace(plan, warnings=(NOTHING_STREAMS, *plan.warnings)), curve
    return replace(plan, choice=advice.itself(plan)), curve


def _weighed(planned: _Planned, request: Request, machine: Machine, knowledge: Knowledge) -> _Planned:
    """The plan of a request that leaves open who drafts, or that with a self-draft, whichever is faster."""
    plan, _ = planned
    if not plan.streamed_layers or self_draft_problem(request.model):
        return planned
    itself = replace(request, draft=None, draft_tier="auto", drafter="+".join((SELF, *AUTO[1:])))
    other = _planned(itself, machine, knowledge, advise=False)
    if not other[0].streamed_layers or not (plan.fits or other[0].fits):
        return planned
    alone = None
    if request.draft is not None:
        without = replace(request, draft=None, draft_tier="auto", budget=plan.budget)
        alone, _ = _planned(without, machine, knowledge, advise=False)
    chosen, curve = other if advice.rate(other[0]) >= WORTHWHILE_ITSELF * advice.rate(plan) else planned
    return replace(chosen, choice=advice.choice(request, chosen, plan, other[0], alone)), curve


def _planned(request: Request, machine: Machine, knowledge: Knowledge, advise: bool = True) -> _Planned:
    """The plan of a request as it is.

    Args:
        advise: Whether to look for what would make it fit, which takes as long as a plan for each thing that is tried.
    """
    case = _Case.of(request, machine, knowledge)
    options = [case.option(budget) for budget in case.budgets]
    best = max(options, key=lambda option: option.tokens_per_second)
    plan = case.plan(best, minimum_limit=options[0].placement.needed[case.resident_tier])
    plan = replace(plan, warnings=(*(case.shortfall(best) if advise else ()), *advice.remarks(request, plan, machine)))
    return plan, {option.footprint.budget: option.tokens_per_second for option in options if option.speed}


def speed_by_budget(request: Request, machine: Machine, knowledge: Knowledge = NONE) -> dict[int, float]:
    """Predicted tokens per second at each of `BUDGETS` that fits; without a draft, at 1.

    Raises BadRequest as `make_plan` does.
    """
    return plan_and_curve(replace(request, budget=None), machine, knowledge)[1]


@dataclass(frozen=True, slots=True)
class _Option:
    """What a budget would give. `speed` is None if it does not fit."""

    footprint: Footprint
    placement: Placement
    speed: Speed | None

    @property
    def tokens_per_second(self) -> float:
        return self.speed.tokens_per_second if self.speed else 0.0


@dataclass(frozen=True, slots=True)
class _Case:
    """A request on a machine, with everything settled but the budget.

    Attributes:
        device: The accelerator that computes; None for the CPU.
        budgets: Those to choose from, ascending.
        substitutes: What the low-bit substitute of each layer takes, if the target is to draft with them.
    """

    request: Request
    machine: Machine
    target: Weights
    draft: Weights | None
    device: Device | None
    kv_dtype: str
    draft_tier: Tier | None
    ram_limit: int
    vram_limit: int
    budgets: tuple[int, ...]
    knowledge: Knowledge
    substitutes: tuple[int, ...]

    @classmethod
    def of(cls, request: Request, machine: Machine, knowledge: Knowledge) -> _Case:
        _check(request)
        device = compute_device(request.device, machine)
        dtype = _dtype(request, machine, device)
        sources = sources_named(request.drafter, request.draft is not None)
        target = Weights.of(request.model, dtype)
        return cls(
            request=replace(request, context=min(request.context, request.model.context_limit)),
            machine=machine,
            target=target,
            draft=Weights.of(request.draft, dtype) if request.draft else None,
            device=device,
            kv_dtype=_kv_dtype(request, dtype, device),
            draft_tier=_draft_tier(request, device),
            ram_limit=_limit(request.ram_limit, machine.ram_total, machine.ram_available, request.reserve),
            vram_limit=(
                _limit(request.vram_limit, device.total_bytes, device.free_bytes, request.reserve) if device else 0
            ),
            budgets=_budgets(request),
            knowledge=knowledge,
            substitutes=target.substitutes if SELF in sources else (),
        )

    @property
    def resident_tier(self) -> Tier:
        return Tier.VRAM if self.device else Tier.RAM

    @property
    def sources(self) -> tuple[str, ...]:
        return sources_named(self.request.drafter, self.request.draft is not None)

    def option(self, budget: int) -> _Option:
        """What a budget gives, with resident weights that are stored packed dequantised at load or at each pass."""
        footprint = self._footprint(self.request, budget)
        options = [self._option(footprint)]
        if self.target.unpacked.total:
            kept = Weights.of(self.request.model, self.target.dtype, packed=True)
            options.append(self._option(replace(footprint, target=kept)))
        return max(options, key=lambda option: option.tokens_per_second)

    def _option(self, footprint: Footprint) -> _Option:
        placement = self._place(footprint)
        device = self.device.name if self.device else "cpu"
        speed = None if placement.missing else predict(footprint, placement, self.machine, self.knowledge, device)
        return _Option(footprint, placement, speed)

    def plan(self, option: _Option, minimum_limit: int) -> Plan:
        """The plan of an option, without warnings."""
        request, placement = self.request, option.placement
        tiers, streams = placement.tiers, placement.streams
        return Plan(
            model=request.model.folder,
            draft=request.draft.folder if request.draft else None,
            device=self.device.name if self.device else "cpu",
            dtype=self.target.dtype,
            kv_dtype=self.kv_dtype,
            context=request.context,
            budget=option.footprint.budget,
            layers=tiers.layers,
            experts=tiers.experts,
            embedding=tiers.embedding,
            head=tiers.head,
            kv=placement.kv,
            draft_tier=self.draft_tier,
            staging_slots=STAGING_SLOTS if streams.layers or streams.head else 0,
            expert_slots=EXPERT_SLOTS if streams.experts else 0,
            reading_threads=int(self.machine.drive_threads.value),
            use=tuple(self._use(placement)),
            shortfall=sum(placement.missing.values()),
            minimum_limit=minimum_limit,
            resident_limit=placement.resident_limit,
            speed=option.speed,
            sources=self.sources,
            growth=request.growth,
            exit_layers=self._exit_layers(placement),
            packed=option.footprint.target.packed,
            warnings=(),
        )

    def shortfall(self, option: _Option) -> Iterator[str]:
        """A sentence about what is missing, if anything is."""
        placement = option.placement
        if placement.missing:
            totals = {Tier.RAM: self.machine.ram_total}
            if self.device:
                totals[Tier.VRAM] = self.device.total_bytes
            yield advice.shortfall(self.request, placement.missing, placement.needed, totals, self._would_fit)

    def _place(self, footprint: Footprint) -> Placement:
        engine = int(self.machine.engine_bytes.value) + self.knowledge.experience.surplus(lambda run: run.ram_bytes)
        if self.device is None:
            return place_on_cpu(footprint, engine, self.ram_limit)
        place = place_on_shared if self.device.shares_ram else place_on_device
        return place(footprint, engine, self.ram_limit, self.vram_limit)

    def _exit_layers(self, placement: Placement) -> tuple[int, ...]:
        if EXIT not in self.sources or placement.missing:
            return ()
        return exit_layers(self.request.exit_layers, self.request.model, placement.tiers, self.resident_tier)

    def _would_fit(self, request: Request) -> bool:
        return not self._place(self._footprint(request, _budgets(request)[0])).missing

    def _footprint(self, request: Request, budget: int) -> Footprint:
        draft, tier = (self.draft if request.draft else None), _draft_tier(request, self.device)
        return Footprint(
            self.target,
            draft,
            request.context,
            budget,
            on_cpu=self.device is None,
            exits=EXIT in self.sources,
            kv_dtype=self.kv_dtype,
            draft_from=None if tier is self.resident_tier else tier,
            substitutes=self.substitutes,
            captures=self.device is not None and not self.device.shares_ram,
        )

    def _use(self, placement: Placement) -> Iterator[TierUse]:
        machine, reserve = self.machine, self.request.reserve
        for device in (self.device,) if self.device else machine.devices[:1]:
            ours, total, free = placement.vram, device.total_bytes, device.free_bytes
            yield _tier_use(Tier.VRAM, total, free, self.vram_limit, reserve if self.device else 0, ours)
        yield _tier_use(Tier.RAM, machine.ram_total, machine.ram_available, self.ram_limit, reserve, placement.ram)
        files = self.request.model.bytes
        yield TierUse(Tier.SSD, files, files, {Purpose.WEIGHTS: min(files, placement.from_drive)})


def _check(request: Request) -> None:
    check_growth(request.growth)
    if SELF in sources_named(request.drafter, drafted=False) and (problem := self_draft_problem(request.model)):
        raise BadRequest(problem, "Choose another drafter.")
    for name, value, least in (
        ("context", request.context, 1),
        ("budget", request.budget, 1),
        ("RAM limit", request.ram_limit, 0),
        ("VRAM limit", request.vram_limit, 0),
        ("reserve", request.reserve, 0),
    ):
        if value is not None and value < least:
            raise BadRequest(f"The {name} is {value}.", f"Choose {least} or more.")


def compute_device(asked: str, machine: Machine) -> Device | None:
    """The device named, or with "auto" the one with the most free memory; None for the CPU.

    Raises BadRequest if there is no such device.
    """
    if asked == "cpu" or (asked == "auto" and not machine.devices):
        return None
    if asked == "auto":
        return max(machine.devices, key=lambda device: device.free_bytes)
    for device in machine.devices:
        if device.name == asked:
            return device
    names = ", ".join(["cpu", *(device.name for device in machine.devices)])
    raise BadRequest(f"This machine has no device {asked!r}.", f"Choose auto or one of: {names}.")


def _dtype(request: Request, machine: Machine, device: Device | None) -> str:
    """The dtype named; "auto" is what the compute device is best at."""
    if request.dtype == "auto":
        best = device.dtype if device else "bfloat16" if machine.bf16 else "float32"
        # Float16 has no room for numbers above 65,504, and models that were not made for it come to such.
        return "float32" if best == "float16" and request.model.dtype != "F16" else best
    if request.dtype not in ELEMENT_BYTES:
        raise BadRequest(f"There is no dtype {request.dtype!r}.", f"Choose auto or one of: {', '.join(ELEMENT_BYTES)}.")
    return request.dtype


def _kv_dtype(request: Request, dtype: str, device: Device | None) -> str:
    """The dtype named for keys and values; "auto" is what layers compute in, which rounds nothing."""
    if request.kv_dtype == "auto":
        return dtype
    if request.kv_dtype not in KV_BYTES:
        raise BadRequest(
            f"Keys and values cannot be kept in {request.kv_dtype!r}.",
            f"Choose auto or one of: {', '.join(KV_BYTES)}.",
        )
    if request.kv_dtype == "float8_e4m3" and device is not None and device.shares_ram:
        raise BadRequest(f"{device.title} knows no float8 numbers.", "Keep keys and values in float16 or bfloat16.")
    return request.kv_dtype


def draft_tiers(device: Device | None) -> tuple[Tier, ...]:
    """Where a draft can live: where layers compute, or where it streams from at each of its passes."""
    if device is None:
        return (Tier.RAM, Tier.SSD)
    return (Tier.VRAM, Tier.SSD) if device.shares_ram else tuple(Tier)


def _draft_tier(request: Request, device: Device | None) -> Tier | None:
    """The tier named for the draft; "auto" is where layers compute.

    That is the fastest wherever it fits: the bytes of a draft that streams travel at each of its passes, of which a
    step has several, and those of layers that give way to it once.
    """
    if request.draft is None:
        return None
    tiers = draft_tiers(device)
    if request.draft_tier == "auto":
        return tiers[0]
    if request.draft_tier not in tiers:
        names = ", ".join(tier.value for tier in tiers)
        what = f"A draft cannot live in {request.draft_tier!r} where {device.name if device else 'the CPU'} computes."
        raise BadRequest(what, f"Choose auto or one of: {names}.")
    return Tier(request.draft_tier)


def _budgets(request: Request) -> tuple[int, ...]:
    """Without anybody who drafts a tree is its root alone."""
    if not sources_named(request.drafter, request.draft is not None):
        return (1,)
    return BUDGETS if request.budget is None else (request.budget,)


def _limit(asked: int | None, total: int, free: int, reserve: int) -> int:
    """What a person asks for, up to what there is; else what is free less the reserve."""
    return min(asked, total) if asked is not None else max(0, free - reserve)


def _tier_use(tier: Tier, total: int, free: int, limit: int, reserve: int, ours: Uses) -> TierUse:
    """The whole of a tier. Where a limit above what is free makes us take more than that, the reserve and then the
    other programs are shown with what is left of the total."""
    left = max(0, total - sum(ours.values()))
    others = min(total - free, left)
    return TierUse(tier, total, limit, ours | {Purpose.OTHERS: others, Purpose.RESERVE: min(reserve, left - others)})
