"""Plans never promise memory that is not there, their limits are exact, and their advice is true."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import BadRequest
from core.machine.machine import Machine, Source
from core.models.spec import ModelSpec
from core.planning.plan import Plan, Purpose, Request, Tier
from core.planning.planner import BUDGETS, make_plan, speed_by_budget
from core.planning.weights import Streams, Weights
from core.sizes import parse_size
from tests.core.planning.samples import GIB, MIB, draft, figure, machine, mixture, model, small

DESKTOP = machine(ram=64 * GIB, free=50 * GIB)
WITH_GPU = machine(ram=256 * GIB, vram=24 * GIB)


def uneven_model() -> ModelSpec:
    """A model whose first layers are smaller than the others."""
    large, little = small(12), model(4, hidden=256, intermediate=256, vocabulary=4096, tied=True)
    return replace(large, layers=little.layers[:3] + large.layers[3:])


TARGETS = {
    "small": small(),
    "small in float32": small(dtype="F32"),
    "one layer": small(1),
    "two layers": small(2),
    "uneven": uneven_model(),
    "8B": model(32),
    "70B": model(80, 8192, 28672),
    "mixture": mixture(),
    "mixture in float32": mixture(dtype="F32"),
    "mixture beside dense layers": replace(mixture(), expert_groups=((),) * 2 + mixture().expert_groups[2:]),
}
DRAFTS = {"none": None, "small": small(2), "1B": draft()}


@dataclass(frozen=True)
class Case:
    """A request and a machine with plenty of memory, in few words."""

    target: str
    draft: str
    context: int
    budget: int | None
    dtype: str
    vram: int
    bf16: bool
    device: str = "cuda:0"

    def plan(self, limit: int | None = None) -> Plan:
        """The plan under a limit on the tier that computes."""
        return make_plan(self._request(limit), machine(3072 * GIB, vram=self.vram, bf16=self.bf16, device=self.device))

    def travels(self, plan: Plan) -> float:
        """Bytes that each pass of a plan needs and are not resident, worked out anew."""
        spec, budget, resident = TARGETS[self.target], plan.budget, plan.resident_tier
        share = 1 - (1 - spec.experts_per_token / spec.experts) ** budget if spec.experts else 0
        size = float(sum(spec.layers[index].bytes for index in plan.streamed_layers))
        for group, tier in zip(spec.expert_groups, plan.experts, strict=True):
            size += share * sum(expert.bytes for expert in group) if tier is not resident else 0
        if plan.head is not resident:
            size += spec.head.bytes + (spec.embedding.bytes if spec.tied_embeddings else 0)
        if plan.embedding is not resident:
            size += budget * spec.embedding.bytes / spec.vocabulary
        if plan.kv is not resident:
            size += spec.kv_bytes_per_token(2 if plan.dtype == "bfloat16" else 4) * (plan.context + budget)
        return size

    @property
    def narrows(self) -> bool:
        """Whether resident weights are smaller than stored ones, on a device that has RAM beside it."""
        return bool(self.vram) and TARGETS[self.target].dtype == "F32" and self.dtype != "float32"

    def _request(self, limit: int | None) -> Request:
        limit = None if limit is None else max(0, limit)
        return Request(
            TARGETS[self.target],
            DRAFTS[self.draft],
            context=self.context,
            budget=self.budget,
            dtype=self.dtype,
            ram_limit=None if self.vram else limit,
            vram_limit=limit if self.vram else None,
        )


cases = st.builds(
    Case,
    target=st.sampled_from(list(TARGETS)),
    draft=st.sampled_from(list(DRAFTS)),
    context=st.integers(1, 200_000),
    budget=st.sampled_from(BUDGETS),
    dtype=st.sampled_from(["auto", "float32", "bfloat16"]),
    vram=st.sampled_from([0, 1024 * GIB]),
    bf16=st.booleans(),
    device=st.sampled_from(["cuda:0", "mps"]),
)
changes = st.one_of(st.sampled_from([-1, 0, 1]), st.integers(-GIB, GIB), st.integers(-100 * GIB, 100 * GIB))


@given(case=cases, change=changes)
def test_a_plan_fits_exactly_from_the_minimum_limit_on(case: Case, change: int) -> None:
    minimum = case.plan().minimum_limit
    assert case.plan(minimum + change).fits == (change >= 0)


@given(case=cases, change=changes)
def test_nothing_streams_exactly_from_the_resident_limit_on(case: Case, change: int) -> None:
    plan = case.plan(case.plan().resident_limit + change)
    nothing = not plan.streamed_tiers and plan.kv is plan.resident_tier
    assert (plan.fits and nothing) == (change >= 0)
    assert nothing == (not case.travels(plan))


@given(case=cases, part=st.floats(0, 1))
def test_a_limit_between_the_two_is_used_and_not_exceeded(case: Case, part: float) -> None:
    plan = case.plan()
    limit = plan.minimum_limit + round(part * (plan.resident_limit - plan.minimum_limit))
    plan = case.plan(limit)
    ours = next(use.ours for use in plan.use if use.tier is plan.resident_tier)
    spec = TARGETS[case.target]
    parts = [group.parameters for group in (*spec.layers, spec.embedding, spec.head)]
    parts += [sum(expert.parameters for expert in group) for group in spec.expert_groups]
    largest = max(parts) * (4 if plan.dtype == "float32" else 2)
    assert ours <= limit
    assert not plan.streamed_tiers or limit - ours < 2 * largest
    experts = [tier for tier, group in zip(plan.experts, spec.expert_groups, strict=True) if group]
    assert (plan.expert_slots > 0) == any(tier is not plan.resident_tier for tier in experts)
    assert (plan.staging_slots > 0) == any(tier is not plan.resident_tier for tier in (*plan.layers, plan.head))


@given(case=cases, change=changes, more=st.integers(0, 10 * GIB))
def test_more_memory_never_means_more_bytes_travelling(case: Case, change: int, more: int) -> None:
    limit = case.plan().minimum_limit + abs(change)
    less, richer = case.plan(limit), case.plan(limit + more)
    assume(less.kv is richer.kv or not case.narrows)
    assert case.travels(richer) <= case.travels(less)


@given(case=cases, change=changes, more=st.integers(0, 10 * GIB))
def test_with_the_budget_left_open_more_memory_never_means_less_speed(case: Case, change: int, more: int) -> None:
    case = replace(case, budget=None)
    limit = case.plan().minimum_limit + abs(change)
    poor, rich = case.plan(limit), case.plan(limit + more)
    assume(poor.kv is rich.kv or not case.narrows)
    assert poor.speed is not None
    assert rich.speed is not None
    assert rich.speed.low >= poor.speed.low * (1 - 1e-9)


@given(
    case=cases,
    vram=st.sampled_from([2 * GIB, 8 * GIB, 24 * GIB]),
    ram=st.integers(0, 256 * GIB),
    more=st.integers(0, 64 * GIB),
)
def test_beside_a_device_more_ram_never_means_more_from_the_drive(case: Case, vram: int, ram: int, more: int) -> None:
    request = Request(TARGETS[case.target], DRAFTS[case.draft], context=case.context, budget=case.budget)
    computer = machine(ram=512 * GIB, vram=vram)
    poor, rich = (make_plan(replace(request, ram_limit=limit), computer) for limit in (ram, ram + more))
    assert rich.fits or not poor.fits
    if poor.fits:
        assert drive(rich) <= drive(poor)


def drive(plan: Plan) -> int:
    """Bytes that a plan reads from the drive at each pass."""
    return next(use.ours for use in plan.use if use.tier is Tier.SSD)


@given(
    case=cases,
    ram=st.integers(GIB, 512 * GIB),
    used=st.floats(0, 1),
    vram=st.sampled_from([0, GIB, 8 * GIB, 24 * GIB, 80 * GIB]),
    limit=st.one_of(st.none(), st.integers(0, 512 * GIB)),
)
def test_what_fits_stays_within_its_limits_and_no_tier_overflows(
    case: Case, ram: int, used: float, vram: int, limit: int | None
) -> None:
    vram = min(vram, ram) if case.device == "mps" else vram
    computer = machine(ram=ram, free=round(ram * used), vram=vram, device=case.device)
    request = Request(TARGETS[case.target], DRAFTS[case.draft], context=case.context, ram_limit=limit)
    plan = make_plan(request, computer)
    for use in plan.use:
        assert all(size >= 0 for size in use.bytes.values())
        assert use.limit <= use.total
        if plan.fits:
            assert use.ours <= use.limit
            assert sum(use.bytes.values()) <= use.total
    assert plan.fits == (plan.speed is not None) == (not any("This needs" in text for text in plan.warnings))


def test_every_part_is_somewhere_and_its_bytes_are_counted_there() -> None:
    target = model(32, dtype="F32")
    plan = make_plan(Request(target, None, ram_limit=14 * GIB, dtype="bfloat16"), DESKTOP)
    ram, ssd = plan.use
    kept, streamed = plan.layers.count(Tier.RAM), plan.layers.count(Tier.SSD)
    assert kept + streamed == 32
    assert kept > 0 < streamed
    assert (plan.embedding, plan.kv) == (Tier.SSD, Tier.RAM)
    ends = (target.head.parameters, 0) if plan.head is Tier.RAM else (0, target.head.bytes)
    assert ram.bytes[Purpose.WEIGHTS] == 2 * kept * target.layers[0].parameters + 2 * ends[0]
    assert ssd.bytes[Purpose.WEIGHTS] == streamed * target.layers[0].bytes + ends[1] + plan.budget * 4096 * 4
    assert (plan.staging_slots, plan.expert_slots, plan.reading_threads) == (2, 0, 2)


def test_experts_stream_before_any_layer_does_and_embeddings_before_experts() -> None:
    target = mixture()
    whole = make_plan(Request(target, None), DESKTOP)
    assert (whole.staging_slots, whole.expert_slots) == (0, 0)
    plan = make_plan(Request(target, None, ram_limit=whole.resident_limit - 1), DESKTOP)
    assert (plan.embedding, plan.head) == (Tier.SSD, Tier.RAM)
    assert set(plan.layers) == set(plan.experts) == {Tier.RAM}
    middle = (plan.minimum_limit + plan.resident_limit) // 2
    plan = make_plan(Request(target, None, ram_limit=middle), DESKTOP)
    assert set(plan.layers) == {Tier.RAM}
    assert set(plan.experts) == {Tier.RAM, Tier.SSD}
    assert plan.expert_slots == 4
    least = make_plan(Request(target, None, ram_limit=plan.minimum_limit), DESKTOP)
    assert set(least.layers) == set(least.experts) == {Tier.SSD}
    assert (least.staging_slots, least.expert_slots) == (2, 4)


def test_layers_without_experts_have_them_where_they_live_themselves() -> None:
    target = TARGETS["mixture beside dense layers"]
    whole = make_plan(Request(target, None), DESKTOP)
    middle = (whole.minimum_limit + whole.resident_limit) // 2
    plan = make_plan(Request(target, None, ram_limit=middle), DESKTOP)
    assert Tier.SSD in plan.experts[2:]
    assert plan.experts[:2] == plan.layers[:2] == (Tier.RAM, Tier.RAM)


def test_a_tied_embedding_stays_exactly_if_the_head_does() -> None:
    target = model(16, tied=True)
    whole = make_plan(Request(target, None), DESKTOP)
    seen = set()
    for part in range(11):
        limit = whole.minimum_limit + (whole.resident_limit - whole.minimum_limit) * part // 10
        plan = make_plan(Request(target, None, ram_limit=limit), DESKTOP)
        seen.add((plan.embedding, plan.head))
    assert seen == {(Tier.RAM, Tier.RAM), (Tier.SSD, Tier.SSD)}
    computer = machine(ram=64 * GIB, vram=24 * GIB)
    least = make_plan(Request(target, None), computer).minimum_limit
    beside = make_plan(Request(target, None, vram_limit=least), computer)
    assert (beside.embedding, beside.head) == (Tier.SSD, Tier.RAM)
    weights = Weights(target, "bfloat16")
    ring = weights.ring(Streams(layers=True, experts=False, head=True, embedding=True))
    assert beside.use[1].bytes[Purpose.STAGING] == ring + weights.embedding_buffer


def test_streamed_layers_are_spread_over_the_depth() -> None:
    plan = make_plan(Request(model(32), None, ram_limit=14 * GIB), DESKTOP)
    streamed = plan.streamed_layers
    gaps = [after - before for before, after in pairwise(streamed)]
    assert 2 <= len(streamed) < 30
    assert max(gaps) - min(gaps) <= 1
    assert streamed[0] < max(gaps)
    assert streamed[-1] >= 32 - max(gaps)


def test_converting_while_streaming_takes_a_scratch_layer() -> None:
    target = model(32)
    staging = []
    for dtype in ("bfloat16", "float32"):
        request = Request(target, None, dtype=dtype)
        least = make_plan(replace(request, ram_limit=make_plan(request, DESKTOP).minimum_limit), DESKTOP)
        staging.append(least.use[0].bytes[Purpose.STAGING])
    wider_scores = 2 * 128_256
    assert staging[1] - staging[0] == 4 * target.layers[0].parameters + wider_scores


def test_a_tied_head_costs_nothing() -> None:
    tied, untied = (make_plan(Request(model(16, tied=tied), None), DESKTOP) for tied in (True, False))
    assert untied.resident_limit - tied.resident_limit == 128_256 * 4096 * 2


def test_a_gpu_keeps_what_fits_then_ram_and_the_drive_holds_the_rest() -> None:
    target = model(80, 8192, 28672)
    plan = make_plan(Request(target, draft()), machine(ram=64 * GIB, vram=24 * GIB))
    assert plan.device == "cuda:0"
    assert plan.resident_tier is Tier.VRAM
    assert set(plan.layers) == {Tier.VRAM, Tier.RAM, Tier.SSD}
    roomy = make_plan(Request(target, draft()), machine(ram=256 * GIB, vram=24 * GIB))
    assert set(roomy.layers) == {Tier.VRAM, Tier.RAM}
    assert roomy.speed is not None
    assert plan.speed is not None
    assert (plan.speed.limited_by, roomy.speed.limited_by) == ("drive", "bus")


def test_keys_and_values_leave_vram_only_if_the_model_does_not_fit_otherwise() -> None:
    target, computer = model(32), machine(ram=64 * GIB, vram=24 * GIB)
    request = Request(target, None, context=65_536)
    whole = make_plan(request, computer)
    keys_and_values = whole.use[0].bytes[Purpose.KV]
    threshold = whole.minimum_limit + keys_and_values * 31 // 32
    inside, outside = (make_plan(replace(request, vram_limit=limit), computer) for limit in (threshold, threshold - 1))
    assert (inside.kv, outside.kv) == (Tier.VRAM, Tier.RAM)
    assert Purpose.KV not in inside.use[1].bytes
    assert outside.use[1].bytes[Purpose.KV] == keys_and_values
    assert outside.use[0].bytes[Purpose.KV] == keys_and_values // 32
    assert Tier.VRAM in outside.layers
    cramped = make_plan(replace(request, vram_limit=threshold - 1, ram_limit=8 * GIB), computer)
    assert (cramped.fits, cramped.minimum_limit, cramped.shortfall) == (False, threshold, 1)


def test_memory_that_a_device_shares_counts_as_ram_too() -> None:
    mac = machine(ram=24 * GIB, vram=16 * GIB, device="mps")
    plan = make_plan(Request(model(32), None), mac)
    vram, ram, _ = plan.use
    assert (plan.device, plan.resident_tier) == ("mps", Tier.VRAM)
    assert plan.streamed_tiers == {Tier.SSD}
    assert ram.ours > vram.ours > 14 * GIB
    less = make_plan(Request(model(32), None, ram_limit=12 * GIB), mac)
    assert less.use[0].ours < less.use[1].ours <= 12 * GIB
    assert len(less.streamed_layers) > len(plan.streamed_layers)
    least = make_plan(Request(model(32), None, ram_limit=GIB), mac)
    assert "more RAM than the limit" in least.warnings[0]


def test_the_cpu_can_be_asked_for_beside_a_gpu() -> None:
    plan = make_plan(Request(small(), None, device="cpu"), WITH_GPU)
    assert (plan.device, plan.resident_tier) == ("cpu", Tier.RAM)
    assert [use.tier for use in plan.use] == [Tier.VRAM, Tier.RAM, Tier.SSD]
    assert plan.use[0].ours == 0


def test_the_dtype_is_bfloat16_where_the_hardware_has_it() -> None:
    assert make_plan(Request(small(), None), machine(bf16=True)).dtype == "bfloat16"
    assert make_plan(Request(small(), None), machine(bf16=False)).dtype == "float32"
    assert make_plan(Request(small(), None), machine(bf16=False, vram=8 * GIB)).dtype == "bfloat16"


def test_a_card_computes_in_what_it_is_best_at_and_in_float16_only_what_was_stored_so() -> None:
    computer = machine(vram=8 * GIB)
    for best, stored, chosen in (
        ("float16", "F16", "float16"),
        ("float16", "BF16", "float32"),
        ("float32", "F16", "float32"),
        ("bfloat16", "F16", "bfloat16"),
    ):
        devices = (replace(computer.devices[0], dtype=best),)
        plan = make_plan(Request(small(dtype=stored), None), replace(computer, devices=devices))
        assert plan.dtype == chosen


def test_the_default_limit_is_what_is_free_less_the_reserve() -> None:
    plan = make_plan(Request(small(), None, reserve=2 * GIB), machine(ram=16 * GIB, free=9 * GIB))
    ram = plan.use[0]
    assert ram.limit == 7 * GIB
    assert ram.bytes[Purpose.OTHERS] == 7 * GIB
    assert ram.bytes[Purpose.RESERVE] == 2 * GIB


ADVICE = [
    (Request(small(), small(2), ram_limit=625 * MIB), DESKTOP),
    (Request(small(), small(2), ram_limit=0), DESKTOP),
    (Request(model(32), draft(), context=32_768), machine(ram=8 * GIB)),
    (Request(model(80, 8192, 28672), draft(), context=5000, budget=256), machine(ram=8 * GIB)),
    (Request(model(80, 8192, 28672), draft(), context=131_072), machine(ram=128 * GIB, vram=16 * GIB)),
    (Request(model(80, 8192, 28672), None, ram_limit=GIB), machine(ram=128 * GIB, vram=24 * GIB)),
    (Request(model(80, 8192, 28672), None, ram_limit=GIB, vram_limit=GIB), machine(ram=128 * GIB, vram=24 * GIB)),
]


@pytest.mark.parametrize(("request_", "computer"), ADVICE)
def test_each_piece_of_advice_alone_makes_it_fit(request_: Request, computer: Machine) -> None:
    plan = make_plan(request_, computer)
    assert not plan.fits
    sentence = next(text for text in plan.warnings if text.startswith("This needs"))
    followed = 0
    if match := re.search(r"ower the context to (\d+)(k?)", sentence):
        context = int(match[1]) * (1024 if match[2] else 1)
        assert make_plan(replace(request_, context=context), computer).fits
        followed += 1
    if "eave out the draft" in sentence:
        assert make_plan(replace(request_, draft=None), computer).fits
        followed += 1
    if "aise the" in sentence:
        raised = request_
        for tier, size in re.findall(r"the (\w*) ?limit to ([\d.]+ [GM]iB)", sentence):
            bound = parse_size(size)
            raised = replace(raised, vram_limit=bound) if tier == "VRAM" else replace(raised, ram_limit=bound)
        assert make_plan(raised, computer).fits
        followed += 1
    assert followed or "hoose a smaller model" in sentence


@pytest.mark.parametrize(("request_", "computer"), ADVICE)
def test_the_shortfall_is_what_the_limits_lack(request_: Request, computer: Machine) -> None:
    plan = make_plan(request_, computer)
    vram = next((use.limit for use in plan.use if use.tier is Tier.VRAM), 0)
    ram = next(use.limit for use in plan.use if use.tier is Tier.RAM)
    low_ram = ram if plan.device == "cpu" or request_.ram_limit == GIB else 0
    low_vram = vram if plan.device != "cpu" and plan.minimum_limit > vram else 0
    assert plan.shortfall > 0
    enough = replace(
        request_,
        ram_limit=low_ram + plan.shortfall if low_ram or plan.device == "cpu" else None,
        vram_limit=low_vram + plan.shortfall if low_vram else request_.vram_limit,
    )
    assert make_plan(enough, machine(ram=4096 * GIB, vram=4096 * GIB if computer.devices else 0)).fits


def test_the_sentence_names_what_is_missing_and_what_would_do() -> None:
    (sentence, *_) = make_plan(Request(small(), None, context=2048, ram_limit=600 * MIB), DESKTOP).warnings
    assert re.fullmatch(r"This needs \d+ MiB more RAM than the limit\. Raise the limit to \d+ MiB\.", sentence)


def test_what_can_be_helped_by_nothing_says_so() -> None:
    (sentence, *_) = make_plan(Request(model(80, 8192, 28672), None), machine(ram=4 * GIB)).warnings
    assert re.search(r"than the limit, at least [\d.]+ GiB of RAM\. Choose a smaller model\.$", sentence)
    request = Request(model(80, 8192, 28672), None, context=512)
    (sentence, *_) = make_plan(request, machine(ram=GIB, vram=GIB)).warnings
    assert re.search(r"more VRAM and .* more RAM than the limits, at least .* of VRAM and .* of RAM\.", sentence)


def test_a_context_beyond_the_models_is_cut_and_said() -> None:
    plan = make_plan(Request(small(), None, context=4096), DESKTOP)
    assert plan.context == 2048
    assert any("2,048 tokens" in text for text in plan.warnings)


def test_what_a_plan_rests_on_is_said() -> None:
    assumed = machine(ram=64 * GIB, drive=figure(1e9, Source.ASSUMED))
    streaming = make_plan(Request(model(32), None, ram_limit=12 * GIB), assumed)
    resident = make_plan(Request(model(32), None), assumed)
    assert any("reading of the drive is assumed" in text for text in streaming.warnings)
    assert not any("assumed" in text for text in resident.warnings)


def test_slow_arithmetic_and_a_limit_above_what_is_free_are_said() -> None:
    plan = make_plan(Request(small(), None, dtype="float16", ram_limit=60 * GIB), DESKTOP)
    assert any("float16" in text for text in plan.warnings)
    assert any("50.0 GiB that are free" in text for text in plan.warnings)
    assert any("bfloat16" in text for text in make_plan(Request(small(), None), machine(bf16=False)).warnings)


def test_without_a_draft_a_tree_is_its_root() -> None:
    plan = make_plan(Request(small(), None, budget=64), DESKTOP)
    assert plan.budget == 1
    assert plan.speed is not None
    assert plan.speed.tokens_per_step == 1.0
    assert plan.speed.seconds.draft == 0.0


@pytest.mark.parametrize("computer", [DESKTOP, WITH_GPU])
def test_a_budget_left_open_is_the_fastest_of_the_curve(computer: Machine) -> None:
    request = Request(model(80, 8192, 28672), draft())
    curve = speed_by_budget(request, computer)
    plan = make_plan(request, computer)
    assert list(curve) == list(BUDGETS)
    assert curve[plan.budget] == max(curve.values())
    again = make_plan(replace(request, budget=plan.budget), computer)
    assert replace(again, minimum_limit=plan.minimum_limit) == plan


def test_budgets_that_do_not_fit_are_not_on_the_curve() -> None:
    request = Request(small(), small(2))
    least = make_plan(request, DESKTOP).minimum_limit
    assert list(speed_by_budget(replace(request, ram_limit=least), DESKTOP)) == [8]
    assert speed_by_budget(replace(request, ram_limit=least - 1), DESKTOP) == {}


@pytest.mark.parametrize(
    "change",
    [{"context": 0}, {"budget": 0}, {"ram_limit": -1}, {"reserve": -1}, {"device": "cuda:7"}, {"dtype": "int3"}],
)
def test_what_cannot_be_is_refused(change: dict[str, int | str]) -> None:
    with pytest.raises(BadRequest):
        make_plan(replace(Request(small(), None), **change), DESKTOP)  # type: ignore[arg-type]


def test_planning_80_layers_is_fast_enough_to_drag_a_slider() -> None:
    request = Request(model(80, 8192, 28672), draft())
    seconds = []
    for _ in range(40):
        start = time.perf_counter()
        make_plan(request, WITH_GPU)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.003
