"""What is said of a plan is true: what it lacks, each piece of advice, what it rests on, who holds memory."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core.machine.machine import Machine, Program, Source
from core.planning.plan import Request, Tier
from core.planning.planner import make_plan
from core.sizes import parse_size
from tests.core.planning.samples import GIB, MIB, draft, figure, machine, model, small

DESKTOP = machine(ram=64 * GIB, free=50 * GIB)
WITH_GPU = machine(ram=256 * GIB, vram=24 * GIB)


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


REQUEST = Request(model(80, 8192, 28672), draft())
FULL = machine(ram=64 * GIB, free=40 * GIB)


def sentences(there: Machine, request: Request = REQUEST) -> list[str]:
    return [text for text in make_plan(request, there).warnings if "other programs" in text]


def test_the_largest_of_the_others_is_named() -> None:
    programs = (Program("firefox", 9 * GIB), Program("blender", 5 * GIB))
    (sentence,) = sentences(replace(FULL, programs=programs))
    assert sentence.startswith("24.0 GiB of RAM are used by other programs, 9.0 GiB of them by firefox:")


def test_none_is_named_that_holds_little_or_seems_to_hold_more_than_there_is() -> None:
    for size in (GIB, 30 * GIB):
        (sentence,) = sentences(replace(FULL, programs=(Program("firefox", size),)))
        assert sentence == "24.0 GiB of RAM are used by other programs: closing some lets more layers stay."


def test_nothing_is_said_where_others_hold_little_or_nothing_streams() -> None:
    assert sentences(machine(ram=64 * GIB, free=60 * GIB)) == []
    assert sentences(FULL, Request(model(2), None)) == []


def test_those_on_the_card_are_named_too() -> None:
    there = machine(ram=256 * GIB, vram=24 * GIB)
    card = replace(there.devices[0], free_bytes=16 * GIB, programs=(Program("blender", 7 * GIB),))
    (sentence,) = sentences(replace(there, devices=(card,)))
    assert sentence.startswith("8.0 GiB of VRAM are used by other programs, 7.0 GiB of them by blender:")
