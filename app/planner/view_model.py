"""What the planner panel shows and can change, without widgets: settings in, a plan and what it changed out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.planner.scales import LimitScale, context_stops
from core.decoding.report import ReplySummary
from core.engine.messages import Generate, Loaded, Loading
from core.errors import BadRequest
from core.locations import DEMO_TARGET
from core.machine.machine import Machine
from core.models.spec import ModelSpec
from core.planning.plan import Plan, Purpose, Request, Tier, TierUse
from core.planning.planner import make_plan

USUAL_CONTEXT = 8192

Key = tuple[Tier, Purpose] | int | str
"""Something that can change: a tier's purpose, a layer by its index, with the embedding before the first (-1) and the
head behind the last, or "speed"."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person can set. None leaves the choice to the planner."""

    context: int = USUAL_CONTEXT
    ram_limit: int | None = None
    vram_limit: int | None = None
    budget: int | None = None


class PlannerModel:
    """Plans anew at every change.

    Attributes:
        settings: What the person set; the rest is automatic.
        plan: The plan for it, or None without a model, a machine, or with a setting that cannot be.
        problem: Why there is no plan.
        changed: What the last change moved.
        loaded: What is loaded now.
        loading: Progress of a load, or None.
        measured: The last reply written with the plan that is loaded.
    """

    def __init__(self) -> None:
        self.target: ModelSpec | None = None
        self.draft: ModelSpec | None = None
        self.machine: Machine | None = None
        self.settings = Settings()
        self.plan: Plan | None = None
        self.problem: str | None = None
        self.changed: frozenset[Key] = frozenset()
        self.loaded: Loaded | None = None
        self.loading: Loading | None = None
        self.measured: ReplySummary | None = None

    def with_budget(self, request: Generate) -> Generate:
        """A request for a reply with as many nodes per tree as the person set, or else what the engine finds fastest.

        The demo shows its trees in any case, though a model so small may be faster without.
        """
        plan = self.loaded.plan if self.loaded is not None else None
        fixed = plan is not None and (plan.budget == self.settings.budget or plan.model == DEMO_TARGET)
        return replace(request, budget=plan.budget if plan is not None and fixed else None)

    def set_models(self, target: ModelSpec | None, draft: ModelSpec | None) -> None:
        """Plan for another pair; limits that were set for the one before are forgotten."""
        if target is None or self.target is None or target.folder != self.target.folder:
            self.settings = Settings()
        self.target, self.draft = target, draft
        self._replan()

    def set_machine(self, machine: Machine) -> None:
        """Plan for what the machine offers now."""
        self.machine = machine
        self._replan()

    def set(self, settings: Settings) -> None:
        """Plan with other settings."""
        self.settings = settings
        self._replan()

    def set_loaded(self, loaded: Loaded | None) -> None:
        """Something was loaded, or nothing is any more."""
        self.loaded, self.loading, self.measured = loaded, None, None

    @property
    def has_device(self) -> bool:
        return self.machine is not None and bool(self.machine.devices)

    @property
    def context_stops(self) -> tuple[int, ...]:
        return context_stops(self.target.context_limit if self.target else USUAL_CONTEXT)

    @property
    def is_loaded(self) -> bool:
        """Whether the plan shown is the one in use."""
        if self.loaded is None or self.plan is None:
            return False
        return _placement(self.loaded.plan) == _placement(self.plan)

    @property
    def load_problem(self) -> str | None:
        """Why Load cannot be pressed, or None if it can."""
        if self.plan is None:
            return self.problem
        if self.loading is not None:
            return "A model is being loaded."
        if not self.plan.fits:
            return self.shortfall_sentence
        return "This plan is loaded." if self.is_loaded else None

    @property
    def shortfall_sentence(self) -> str | None:
        """By how much the plan does not fit and what would fix it."""
        return self.plan.warnings[0] if self.plan is not None and not self.plan.fits else None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else a person should know about the plan."""
        if self.plan is None:
            return ()
        notes = self.loaded.notes if self.loaded is not None and self.is_loaded else ()
        return (*self.plan.warnings[0 if self.plan.fits else 1 :], *notes)

    @property
    def measured_speed(self) -> float | None:
        """Tokens per second of the last reply, if the plan shown wrote it and it was long enough to tell."""
        if self.measured is None or not self.is_loaded or self.measured.steps < 2:
            return None
        return self.measured.tokens_per_second

    def limit_scale(self, tier: Tier) -> LimitScale | None:
        """What the limit of a tier can usefully be set to, or None if it has no part in the plan."""
        if self.plan is None:
            return None
        use = use_of(self.plan, tier)
        if use is None or (tier is Tier.VRAM and self.plan.resident_tier is not Tier.VRAM):
            return None
        if tier is self.plan.resident_tier:
            return LimitScale.between(self.plan.minimum_limit, self.plan.resident_limit, use.total)
        assert self.target is not None
        least = sum(use.bytes.get(purpose, 0) for purpose in (Purpose.ENGINE, Purpose.STAGING, Purpose.KV))
        return LimitScale.between(least, least + self.target.bytes, use.total)

    def _replan(self) -> None:
        before = self.plan
        self.plan, self.problem = None, None
        if self.target is None:
            self.problem = "Choose a model, and you see here where its layers will live and what speed to expect."
        elif self.machine is None:
            self.problem = "The machine is being looked at."
        else:
            try:
                self.plan = make_plan(self._request(self.target), self.machine)
            except BadRequest as error:
                self.problem = str(error)
        self.changed = difference(before, self.plan)

    def _request(self, target: ModelSpec) -> Request:
        return Request(
            model=target,
            draft=self.draft,
            context=min(self.settings.context, target.context_limit),
            vram_limit=self.settings.vram_limit,
            ram_limit=self.settings.ram_limit,
            budget=self.settings.budget,
            drafter="auto",
        )


def use_of(plan: Plan, tier: Tier) -> TierUse | None:
    """What a plan makes of a tier."""
    return next((use for use in plan.use if use.tier is tier), None)


def difference(before: Plan | None, after: Plan | None) -> frozenset[Key]:
    """What changed between two plans of the same model; nothing if they are not comparable."""
    if before is None or after is None:
        return frozenset()
    if before.model != after.model or len(before.layers) != len(after.layers):
        return frozenset()
    changed: set[Key] = {
        index - 1 for index, (old, new) in enumerate(zip(_tiles(before), _tiles(after), strict=True)) if old != new
    }
    for use in after.use:
        old = use_of(before, use.tier)
        changed |= {
            (use.tier, purpose)
            for purpose, size in use.bytes.items()
            if old is not None and old.bytes.get(purpose, 0) != size and purpose is not Purpose.OTHERS
        }
    if before.speed != after.speed:
        changed.add("speed")
    return frozenset(changed)


def _placement(plan: Plan) -> tuple[object, ...]:
    """What makes two plans the same load: not what other programs or the bare engine hold meanwhile."""
    weights = (plan.layers, plan.experts, plan.embedding, plan.head)
    return (plan.model, plan.draft, plan.device, plan.dtype, plan.context, plan.budget, weights, plan.kv, _ours(plan))


def _tiles(plan: Plan) -> list[tuple[Tier, Tier]]:
    """What the tiles show: embedding, layers with their experts, head."""
    ends = ((plan.embedding, plan.embedding), (plan.head, plan.head))
    return [ends[0], *zip(plan.layers, plan.experts, strict=True), ends[1]]


def _ours(plan: Plan) -> tuple[int, ...]:
    return tuple(use.ours - use.bytes.get(Purpose.ENGINE, 0) for use in plan.use)
