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
from core.planning.sources import EXIT, check_growth, sources_named
from core.planning.speed import predict
from core.planning.weights import ELEMENT_BYTES, EXPERT_SLOTS, STAGING_SLOTS, Weights

BUDGETS = (8, 16, 32, 64, 128, 256)
"""Nodes per tree that the planner chooses from."""


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
    case = _Case.of(request, machine, knowledge)
    options = [case.option(budget) for budget in case.budgets]
    best = max(options, key=lambda option: option.tokens_per_second)
    plan = case.plan(best, minimum_limit=options[0].placement.needed[case.resident_tier])
    plan = replace(plan, warnings=(*case.shortfall(best), *advice.remarks(request, plan, machine)))
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
    """

    request: Request
    machine: Machine
    target: Weights
    draft: Weights | None
    device: Device | None
    ram_limit: int
    vram_limit: int
    budgets: tuple[int, ...]
    knowledge: Knowledge

    @classmethod
    def of(cls, request: Request, machine: Machine, knowledge: Knowledge) -> _Case:
        _check(request)
        device = _device(request.device, machine)
        dtype = _dtype(request, machine, device)
        return cls(
            request=replace(request, context=min(request.context, request.model.context_limit)),
            machine=machine,
            target=Weights.of(request.model, dtype),
            draft=Weights.of(request.draft, dtype) if request.draft else None,
            device=device,
            ram_limit=_limit(request.ram_limit, machine.ram_total, machine.ram_available, request.reserve),
            vram_limit=(
                _limit(request.vram_limit, device.total_bytes, device.free_bytes, request.reserve) if device else 0
            ),
            budgets=_budgets(request),
            knowledge=knowledge,
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
            context=request.context,
            budget=option.footprint.budget,
            layers=tiers.layers,
            experts=tiers.experts,
            embedding=tiers.embedding,
            head=tiers.head,
            kv=placement.kv,
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
        draft = self.draft if request.draft else None
        return Footprint(
            self.target, draft, request.context, budget, on_cpu=self.device is None, exits=EXIT in self.sources
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
    for name, value, least in (
        ("context", request.context, 1),
        ("budget", request.budget, 1),
        ("RAM limit", request.ram_limit, 0),
        ("VRAM limit", request.vram_limit, 0),
        ("reserve", request.reserve, 0),
    ):
        if value is not None and value < least:
            raise BadRequest(f"The {name} is {value}.", f"Choose {least} or more.")


def _device(asked: str, machine: Machine) -> Device | None:
    """The device named, or with "auto" the one with the most free memory."""
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
