"""What the planner panel shows and can change, without widgets: settings in, a plan and what it changed out."""

from __future__ import annotations

from dataclasses import replace

from app.language import tr
from app.planner.scales import LimitScale, context_stops
from app.planner.what_if import Parts
from app.settings.plan_settings import AUTO, NOTHING_SET, USUAL_CONTEXT, PlanSettings
from core.decoding.report import ReplySummary
from core.engine.messages import Generate, Loaded, Loading
from core.errors import BadRequest
from core.locations import DEMO_TARGET
from core.machine.machine import Device, Machine
from core.models.spec import ModelSpec
from core.planning.catalogue import published
from core.planning.knowledge import NONE, Knowledge
from core.planning.plan import Plan, Purpose, Request, Tier, TierUse
from core.planning.planner import compute_device, draft_tiers, make_plan, plan_and_curve, speed_by_budget
from core.planning.self_draft import self_draft_problem
from core.planning.sources import SELF
from core.planning.weights import KV_BYTES
from core.planning.worth import Offer
from core.sizes import format_size

DRAFTERS = {"model": "model+lookup+recycling", SELF: "self+lookup+recycling", "lookup": "lookup+recycling"}
"""Who can be chosen to draft, by who leads, with the sources that this means."""

Key = tuple[Tier, Purpose] | int | str
"""Something that can change: a tier's purpose, a layer by its index, with the embedding before the first (-1) and the
head behind the last, or "speed"."""


class PlannerModel:
    """Plans anew at every change.

    Attributes:
        settings: What the person set; the rest is automatic.
        plan: The plan for it, or None without a model, a machine, or with a setting that cannot be.
        rates: Tokens per second by budget.
        problem: Why there is no plan.
        changed: What the last change moved.
        loaded: What is loaded now.
        loading: Progress of a load, or None.
        measured: The last reply written with the plan that is loaded.
        knowledge: What is known of the pair besides its numbers.
        parts: Parts that the computer is to be thought to have.
        offer: A well-known model that is looked at instead of those that are chosen, if any.
    """

    def __init__(self) -> None:
        self.target: ModelSpec | None = None
        self.draft: ModelSpec | None = None
        self.machine: Machine | None = None
        self.settings = NOTHING_SET
        self.plan: Plan | None = None
        self.rates: dict[int, float] = {}
        self.problem: str | None = None
        self.changed: frozenset[Key] = frozenset()
        self.loaded: Loaded | None = None
        self.loading: Loading | None = None
        self.measured: ReplySummary | None = None
        self.knowledge = NONE
        self.parts = Parts()
        self.offer: Offer | None = None
        self._asked: tuple[object, ...] | None = None

    def with_budget(self, request: Generate) -> Generate:
        """A request for a reply with as many nodes per tree as the person set, or else what the engine finds fastest.

        The demo shows its trees in any case, though a model so small may be faster without.
        """
        plan = self.loaded.plan if self.loaded is not None else None
        fixed = plan is not None and (plan.budget == self.settings.budget or plan.model == DEMO_TARGET)
        return replace(request, budget=plan.budget if plan is not None and fixed else None)

    def set_models(
        self, target: ModelSpec | None, draft: ModelSpec | None, settings: PlanSettings = NOTHING_SET
    ) -> None:
        """Plan for another pair, with what was set for its target."""
        self.target, self.draft, self.settings = target, draft, settings
        self._replan()

    def set_machine(self, machine: Machine) -> None:
        """Plan for what the machine offers now."""
        self.machine = machine
        self._replan()

    def set_knowledge(self, knowledge: Knowledge) -> None:
        """Plan with what is known of the pair."""
        self.knowledge = knowledge
        self._replan()

    def set_parts(self, parts: Parts) -> None:
        """Plan for a computer with other parts."""
        self.parts = parts
        self._replan()

    def set_offer(self, offer: Offer | None) -> None:
        """Look at a well-known model; at those that are chosen with None."""
        self.offer = offer
        self._replan()

    @property
    def shown(self) -> tuple[ModelSpec | None, ModelSpec | None]:
        """Target and draft of the plan."""
        if self.offer is not None:
            return self.offer.request.model, self.offer.request.draft
        return self.target, self.draft

    @property
    def plan_here(self) -> Plan | None:
        """What Load loads: the models that are chosen, on this computer as it is."""
        if self.offer is None and not self.parts.any:
            return self.plan
        here = PlannerModel()
        here.target, here.draft, here.machine, here.knowledge = self.target, self.draft, self.machine, self.knowledge
        here.set(self.settings)
        return here.plan

    def set(self, settings: PlanSettings) -> None:
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
        target, _ = self.shown
        return context_stops(target.context_limit if target else USUAL_CONTEXT)

    @property
    def kv_dtypes(self) -> tuple[str, ...]:
        """What keys and values can be kept in here."""
        device = self._device
        return tuple(name for name in KV_BYTES if not (name == "float8_e4m3" and device and device.shares_ram))

    @property
    def draft_tiers(self) -> tuple[str, ...]:
        """Where a draft can live here."""
        return tuple(tier.value for tier in draft_tiers(self._device))

    @property
    def drafters(self) -> tuple[str, ...]:
        """Who can draft here."""
        target, draft = self.shown
        can = {"model": draft is not None, SELF: target is not None and self_draft_problem(target) is None}
        return tuple(name for name in DRAFTERS if can.get(name, True))

    @property
    def chosen_drafter(self) -> str:
        """Who drafts, of `DRAFTERS`; "" if nobody does."""
        sources = self.plan.sources if self.plan is not None else ()
        return next((name for name in DRAFTERS if name in sources), "")

    @property
    def draft_words(self) -> str:
        """Where the draft lives, and why."""
        plan = self.plan
        if plan is None or plan.draft_tier is None:
            return tr("There is no draft model.")
        if plan.draft_tier is plan.resident_tier:
            return tr(
                "The draft lives in {tier}, where layers compute: a step asks it several times, so that its bytes save "
                "more there than any layer's.",
                tier=plan.draft_tier.upper(),
            )
        return tr(
            "The draft streams from {tier} at each of its passes: its memory is free for other things, but drafting "
            "takes longer.",
            tier=plan.draft_tier.upper(),
        )

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
            return tr("A model is being loaded.")
        if self.offer is not None:
            return tr("This model is not on this computer.")
        if self.parts.any:
            return tr("This plan is for another computer.")
        if not self.plan.fits:
            return self.shortfall_sentence
        return tr("This plan is loaded.") if self.is_loaded else None

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
    def planned_machine(self) -> Machine | None:
        """The computer, with the parts that it is thought to have."""
        return self.parts.put_into(self.machine) if self.machine is not None else None

    @property
    def error_words(self) -> str | None:
        """How far off earlier predictions for this pair were; None before there were any."""
        errors = self._known.experience.errors()
        if not errors:
            return None
        replies = tr("the last reply") if len(errors) == 1 else tr("the last {count} replies", count=len(errors))
        return tr(
            "Predictions for {replies} were off by {all}.",
            replies=replies,
            all=", ".join(f"{error:+.0%}" for error in errors),
        )

    @property
    def doubt(self) -> str | None:
        """Why a plan that fits should be loaded only if the person insists; None if nothing speaks against it."""
        plan = self.plan_here
        if plan is None or self.machine is None or not plan.fits:
            return None
        use = use_of(plan, Tier.RAM)
        if use is None or use.ours <= self.machine.ram_available:
            return None
        return tr(
            "This takes {ours} of RAM, and only {ram_available} are free: the computer may become slow, "
            "or end other programs.",
            ours=format_size(use.ours),
            ram_available=format_size(self.machine.ram_available),
        )

    @property
    def asked(self) -> bool:
        """Whether the person was asked about the plan here, and means it if it is to be loaded again."""
        plan = self.plan_here
        return plan is not None and self._asked == _placement(plan)

    def ask_once(self) -> str | None:
        """What speaks against loading the plan here, the first time that it is to be loaded; None from then on."""
        doubt, plan = self.doubt, self.plan_here
        if doubt is None or plan is None or self.asked:
            return None
        self._asked = _placement(plan)
        return doubt

    def nearest(self) -> PlanSettings | None:
        """The settings nearest to those set with which the model fits; None if there are none, or it fits already."""
        target, draft = self.shown
        if self.plan is None or self.plan.fits or target is None or self.planned_machine is None:
            return None
        limits = replace(self.settings, ram_limit=None, vram_limit=None)
        smaller = [stop for stop in reversed(self.context_stops) if stop < self.settings.context]
        shorter = (replace(base, context=stop) for base in (self.settings, limits) for stop in smaller)
        for settings in (limits, *shorter):
            plan = make_plan(self._request(target, draft, settings), self.planned_machine, self._known)
            if plan.fits:
                return settings
        return None

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
        target, _ = self.shown
        assert target is not None
        least = sum(use.bytes.get(purpose, 0) for purpose in (Purpose.ENGINE, Purpose.STAGING, Purpose.KV))
        return LimitScale.between(least, least + target.bytes, use.total)

    @property
    def _device(self) -> Device | None:
        """What would compute; None for the processor."""
        machine = self.planned_machine
        return compute_device(AUTO, machine) if machine is not None else None

    def _replan(self) -> None:
        before = self.plan
        self.plan, self.problem, self.rates = None, None, {}
        target, draft = self.shown
        if target is None:
            self.problem = tr("Choose a model, and you see here where its layers will live and what speed to expect.")
        elif (machine := self.planned_machine) is None:
            self.problem = tr("The machine is being looked at.")
        else:
            try:
                request = self._request(target, draft, self.settings)
                self.plan, self.rates = plan_and_curve(request, machine, self._known)
                if self.settings.budget is not None and self.plan.fits:
                    self.rates = speed_by_budget(request, machine, self._known)
            except BadRequest as error:
                self.problem = str(error)
        self.changed = difference(before, self.plan)

    @property
    def _known(self) -> Knowledge:
        """Of the pair of the plan."""
        if self.offer is None:
            return self.knowledge
        return Knowledge(published=published(self.offer.request.model, self.offer.request.draft))

    def _request(self, target: ModelSpec, draft: ModelSpec | None, settings: PlanSettings) -> Request:
        return Request(
            model=target,
            draft=draft,
            context=min(settings.context, target.context_limit),
            vram_limit=settings.vram_limit,
            ram_limit=settings.ram_limit,
            reserve=settings.reserve,
            kv_dtype=settings.kv_dtype if settings.kv_dtype in self.kv_dtypes else AUTO,
            draft_tier=settings.draft_tier if settings.draft_tier in self.draft_tiers else AUTO,
            budget=settings.budget,
            drafter=DRAFTERS[settings.drafter] if settings.drafter in self.drafters else AUTO,
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
    numbers = (plan.dtype, plan.kv_dtype, plan.context, plan.budget)
    drafts = (plan.draft, plan.draft_tier, plan.sources)
    return (plan.model, drafts, plan.device, numbers, weights, plan.kv, _ours(plan))


def _tiles(plan: Plan) -> list[tuple[Tier, Tier]]:
    """What the tiles show: embedding, layers with their experts, head."""
    ends = ((plan.embedding, plan.embedding), (plan.head, plan.head))
    return [ends[0], *zip(plan.layers, plan.experts, strict=True), ends[1]]


def _ours(plan: Plan) -> tuple[int, ...]:
    return tuple(use.ours - use.bytes.get(Purpose.ENGINE, 0) for use in plan.use)
