"""Of every well-known model the best plan: the widest format that is nearly as fast as any, and the fastest draft."""

from __future__ import annotations

import pytest

from core.planning.catalogue import CERTAINTIES, FORMATS, find_model
from core.planning.plan import Request, Tier
from core.planning.planner import make_plan
from core.planning.worth import CONTEXT, Offer, offers
from tests.core.planning.samples import GIB, machine

DESKTOP = machine(64 * GIB, 50 * GIB)
NAMES = ("Llama-3.1-70B", "Qwen3-32B", "Mixtral-8x7B-v0.1")


@pytest.fixture(scope="module")
def found() -> dict[str | None, dict[str, Offer]]:
    """Offers of a few models by format, and at None those in the best one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.planning.worth.models", lambda: tuple(find_model(name) for name in NAMES))
        return {name: {offer.entry.name: offer for offer in offers(DESKTOP, name)} for name in (None, *FORMATS)}


def test_the_format_is_the_widest_that_is_nearly_as_fast_as_any(found: dict[str | None, dict[str, Offer]]) -> None:
    for name, best in found[None].items():
        rates = {weights: found[weights][name].tokens_per_second for weights in FORMATS}
        enough = 0.9 * max(rates.values())
        assert best.weight_format == next(weights for weights, rate in rates.items() if rate >= enough)


def test_no_other_draft_of_the_catalogue_is_faster(found: dict[str | None, dict[str, Offer]]) -> None:
    for offer in found["4 bits"].values():
        for draft in (None, *(find_model(name) for name in offer.entry.drafts[:3])):
            spec = draft.spec("4 bits") if draft else None
            plan = make_plan(Request(offer.request.model, spec, context=CONTEXT, drafter="auto"), DESKTOP)
            # Published figures of a pair may make it better than this, never worse than none.
            if plan.speed is not None and draft is None:
                assert offer.tokens_per_second >= plan.speed.tokens_per_second * (1 - 1e-9)
    assert any(offer.draft is not None for offer in found["4 bits"].values())


def test_every_weight_is_in_some_tier(found: dict[str | None, dict[str, Offer]]) -> None:
    for offer in found[None].values():
        assert sum(offer.shares.values()) == pytest.approx(1.0)
        resident = sum(
            layer.bytes
            for layer, tier in zip(offer.request.model.layers, offer.plan.layers, strict=True)
            if tier is Tier.RAM
        )
        assert offer.shares.get(Tier.RAM, 0.0) >= resident / offer.request.model.bytes


def test_a_pair_is_as_sure_as_the_less_sure_of_the_two(found: dict[str | None, dict[str, Offer]]) -> None:
    for offer in found["4 bits"].values():
        both = {offer.entry.certainty} | ({offer.draft.certainty} if offer.draft else set())
        assert CERTAINTIES.index(offer.certainty) == max(map(CERTAINTIES.index, both))
    assert len({offer.certainty for offer in found["4 bits"].values()}) > 1


def test_what_is_to_be_downloaded_is_both(found: dict[str | None, dict[str, Offer]]) -> None:
    for offer in found["4 bits"].values():
        draft = offer.draft.spec("4 bits").bytes if offer.draft else 0
        assert offer.download == offer.request.model.bytes + draft
