"""The catalogue: numbers that add up, parts that can be put into a machine, and models that can be compared."""

from __future__ import annotations

import math

import pytest

from core.errors import BadRequest
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.machine import Machine, Source
from core.models.checkpoint import open_checkpoint
from core.planning.blueprint import Blueprint
from core.planning.catalogue import (
    FORMATS,
    cards,
    drives,
    find_model,
    models,
    published,
    ram_sizes,
    with_card,
    with_drive,
    with_ram,
)
from core.planning.plan import Request
from core.planning.planner import make_plan
from core.planning.worth import offers
from tests.core.planning.samples import GIB, machine


def test_there_are_about_thirty_models_each_with_its_source() -> None:
    assert len(models()) >= 30
    assert len({entry.name for entry in models()}) == len(models())
    for entry in models():
        assert entry.source
        assert entry.certainty in ("sourced", "recalled", "unsourced")
        assert ("recalled" in entry.source or "UNSOURCED" in entry.source) == (entry.certainty != "sourced")


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("Llama-3.1-70B", 70.55),
        ("Llama-3.1-8B", 8.03),
        ("Qwen3-30B-A3B", 30.5),
        ("Mixtral-8x7B-v0.1", 46.7),
        ("Llama-3.2-1B", 1.236),
        ("Qwen2.5-0.5B", 0.494),
    ],
)
def test_the_numbers_of_a_model_add_up_to_its_parameters(name: str, billions: float) -> None:
    assert find_model(name).spec().parameters / 1e9 == pytest.approx(billions, rel=0.01)


@pytest.mark.parametrize("entry", models(), ids=lambda entry: entry.name)
def test_every_draft_is_a_model_of_the_catalogue_with_the_targets_vocabulary_or_nearly(entry) -> None:  # type: ignore[no-untyped-def]
    for name in entry.drafts:
        draft = find_model(name)
        assert draft.spec().parameters < entry.spec().parameters
        assert draft.blueprint.vocabulary == pytest.approx(entry.blueprint.vocabulary, rel=0.01)


def test_a_blueprint_of_a_checkpoint_has_its_bytes() -> None:
    real = open_checkpoint(DEMO_TARGET)
    drawn = Blueprint(
        "drawn",
        real.family,
        len(real.layers),
        real.hidden_size,
        real.intermediate_size,
        real.heads,
        real.kv_heads,
        real.head_dim,
        real.vocabulary,
        tied=real.tied_embeddings,
    ).spec()
    assert drawn.bytes == real.bytes
    assert [layer.bytes for layer in drawn.layers] == [layer.bytes for layer in real.layers]
    assert drawn.layers[0].weights == real.layers[0].weights


def test_a_narrower_format_takes_fewer_bytes_for_as_many_parameters() -> None:
    entry = find_model("Llama-3.1-70B")
    wide, narrow = (entry.spec(name) for name in ("16 bits", "4 bits"))
    assert wide.parameters == narrow.parameters
    assert narrow.bytes == pytest.approx(wide.bytes * FORMATS["4 bits"] / 2, rel=0.01)
    assert narrow.quantisation is not None


def test_the_demo_pair_has_a_measured_figure_and_strangers_have_none() -> None:
    target, draft = open_checkpoint(DEMO_TARGET), open_checkpoint(DEMO_DRAFT)
    found = published(target, draft)
    assert found is not None
    assert found.tokens_per_step > 1
    assert published(draft, target) is None
    assert published(target, None) is None


def test_another_card_is_a_vendors_figure_and_makes_a_plan_of_its_own() -> None:
    card = next(card for card in cards() if card.title == "RTX 4090")
    there = with_card(machine(64 * GIB), card)
    assert there.devices[0].total_bytes == 24 * GIB
    assert there.matmul.source is Source.VENDOR
    assert there.host_to_device is not None
    assert there.device_read is not None
    assert (there.host_to_device.value, there.device_read.value) == (card.bus, card.memory_read)
    assert there.matmul.value == card.matmul
    spec = find_model("Llama-3.1-8B").spec()
    assert make_plan(Request(spec, None), there).device == "cuda:0"
    assert with_card(there, None).devices == ()


def test_more_ram_is_free_ram() -> None:
    here = machine(32 * GIB, free=20 * GIB)
    there = with_ram(here, 64 * GIB)
    assert (there.ram_total, there.ram_available) == (64 * GIB, 52 * GIB)
    assert with_ram(here, 8 * GIB).ram_available == 0


@pytest.mark.parametrize("drive", drives(), ids=lambda drive: drive.title)
def test_a_faster_drive_never_makes_a_streamed_plan_slower(drive) -> None:  # type: ignore[no-untyped-def]
    spec, here = find_model("Llama-3.1-70B").spec(), machine(32 * GIB)
    slow, fast = (make_plan(Request(spec, None), with_drive(here, one)) for one in (drives()[0], drive))
    assert slow.speed is not None
    assert fast.speed is not None
    assert fast.speed.low >= slow.speed.low


@pytest.mark.parametrize("there", [machine(16 * GIB), machine(64 * GIB, vram=24 * GIB)], ids=["small", "large"])
def test_every_target_is_compared_and_none_that_does_not_fit_has_a_speed(there: Machine) -> None:
    found = list(offers(there))
    assert len(found) == sum(entry.role == "target" for entry in models())
    for offer in found:
        assert (offer.plan.speed is None) == (not offer.plan.fits)
        if offer.plan.speed is not None:
            assert 0 < offer.plan.speed.low <= offer.plan.speed.high < math.inf
    assert any(offer.plan.fits for offer in found)


def test_an_unknown_model_is_a_sentence() -> None:
    with pytest.raises(BadRequest, match="no model named"):
        find_model("GPT-9")


def test_ram_sizes_ascend() -> None:
    assert list(ram_sizes()) == sorted(ram_sizes())
