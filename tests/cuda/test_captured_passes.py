"""On an NVIDIA device the draft's captured passes say what those say that are started kernel by kernel."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import torch

from core.drafting.draft_rows import TEXT, DraftRows
from core.locations import DEMO_DRAFT
from core.models.checkpoint import open_checkpoint
from core.offload.captured_model import CapturedModel, StaticPasses, capturable
from core.offload.offloaded_model import OffloadedModel
from core.offload.places import Places
from core.planning.plan import Tier
from tests.cuda.device import DEVICE, needs_cuda
from tests.cuda.test_replies import Replies, assert_same, engine, expected, replies

pytestmark = needs_cuda

__all__ = ["expected"]

CONTEXT, MOST = 5000, 60
"""More slots than the shortest reach."""


@pytest.fixture(scope="module", params=[torch.float32, torch.bfloat16], ids=str)
def draft(request: pytest.FixtureRequest) -> Iterator[OffloadedModel]:
    """The demo draft, resident."""
    spec = open_checkpoint(DEMO_DRAFT)
    layers = (Tier.VRAM,) * len(spec.layers)
    places = Places(Tier.VRAM, layers, layers, embedding=Tier.VRAM, head=Tier.VRAM, kv=Tier.VRAM)
    model = OffloadedModel(spec, places, request.param, DEVICE)
    yield model
    model.close()


@pytest.mark.parametrize("length", [5, 4090])
def test_captured_passes_say_what_others_do(draft: OffloadedModel, length: int) -> None:
    """A text goes on along random trees, across the end of a reach too."""
    chance = random.Random(3)
    assert capturable(draft)
    model = CapturedModel(draft, MOST)
    both = DraftRows(model, CONTEXT, MOST), DraftRows(draft, CONTEXT, MOST)
    assert model.refusal is None
    tolerance = 1e-3 if draft.dtype is torch.float32 else 0.25
    text = [chance.randrange(draft.spec.vocabulary) for _ in range(length)]
    for _ in range(6):
        paths = [[chance.randrange(3) for _ in range(chance.randint(1, 5))] for _ in range(4)]
        for rows in both:
            rows.follow(text)
            rows.read_text(text)
            for path in paths:
                place = TEXT
                for token in path:
                    place = rows.add(place, token)
            rows.run()
        places = range(TEXT, len(both[1]))
        torch.testing.assert_close(both[0].scores(places), both[1].scores(places), atol=tolerance, rtol=tolerance)
        text = [*text, *paths[0][:2]]


def test_a_pass_that_cannot_be_captured_is_run_as_without_and_that_is_said(
    expected: Replies, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = StaticPasses._compute

    def waiting(self: StaticPasses, rows: int, reach: int) -> None:
        compute(self, rows, reach)
        self._scores[0, 0].item()

    monkeypatch.setattr(StaticPasses, "_compute", waiting)
    with engine() as loaded:
        assert any("kernel by kernel" in note for note in loaded.loaded.notes)
        assert_same(replies(loaded), expected)


def test_replies_with_captured_passes_are_the_same(expected: Replies) -> None:
    with engine(layers=(Tier.RAM,)) as loaded:
        assert loaded._captured is not None
        assert loaded._captured.refusal is None
        assert not any("kernel by kernel" in note for note in loaded.loaded.notes)
        assert_same(replies(loaded), expected)
