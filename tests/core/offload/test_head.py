"""A head that comes in slices starts from its first one, wherever the last pass broke off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import linear

from core.errors import Cancelled
from core.offload import head
from core.offload.offloaded_model import OffloadedModel
from core.planning.plan import Tier
from tests.core.random_models import VOCABULARY, load, save_llama

SLICES = 5


class Products:
    """Multiplies slice after slice; something may happen at one of them."""

    def __init__(self) -> None:
        self.done = 0
        self.fails_at: int | None = None
        self.cancels_at: int | None = None

    def linear(self, hidden: Tensor, weight: Tensor) -> Tensor:
        if self.done == self.fails_at:
            raise MemoryError
        self.done += 1
        return linear(hidden, weight)

    def cancelled(self) -> bool:
        return self.cancels_at is not None and self.done >= self.cancels_at


@pytest.fixture
def products(monkeypatch: pytest.MonkeyPatch) -> Products:
    made = Products()
    monkeypatch.setattr(head, "functional", SimpleNamespace(linear=made.linear))
    return made


@pytest.fixture
def model(tmp_path: Path, products: Products, monkeypatch: pytest.MonkeyPatch) -> Iterator[OffloadedModel]:
    """All layers are resident: the first slice is the first that a pass takes from its stream."""
    most = 13 * 32 * 4
    monkeypatch.setattr("core.offload.placed_weights.sliced", lambda matrix, _: head.sliced(matrix, most))
    model = load(save_llama(tmp_path), ends=Tier.SSD, cancelled=products.cancelled)
    yield model
    model.close()


def scores(model: OffloadedModel) -> Tensor:
    return model.run(model.new_cache(8), [3, 14, 15], [9], [0], torch.ones(1, 1, dtype=torch.bool))


def test_the_next_pass_is_right_whichever_slice_found_no_memory(model: OffloadedModel, products: Products) -> None:
    expected = scores(model)
    assert expected.shape == (1, VOCABULARY)
    assert products.done == SLICES
    for number in range(SLICES):
        for _ in range(3):  # more often than there are slots to lend
            products.done, products.fails_at = 0, number
            with pytest.raises(MemoryError):
                scores(model)
        products.fails_at = None
        assert torch.equal(scores(model), expected)


def test_a_cancel_is_answered_before_the_next_slice(model: OffloadedModel, products: Products) -> None:
    expected = scores(model)
    for number in range(1, SLICES):
        products.done, products.cancels_at = 0, number
        with pytest.raises(Cancelled):
            scores(model)
        assert products.done == number
        products.cancels_at = None
        assert torch.equal(scores(model), expected)
