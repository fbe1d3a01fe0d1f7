"""Training that was stopped ends with the very weights of training that was not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import LlamaForCausalLM

from loop import Schedule, train
from shapes import Shape, build

SCHEDULE = Schedule(steps=6, peak=1e-2, warmup=2)


def _model() -> LlamaForCausalLM:
    return build(Shape(hidden=32, layers=2, heads=2, mlp=48), 50, begin=0, end=3, pad=1, seed=7)


def _batches() -> Iterator[tuple[Tensor]]:
    draw = torch.Generator().manual_seed(11)
    while True:
        yield (torch.randint(0, 50, (2, 16), generator=draw),)


def _train(checkpoint: Path, stop_at: int | None = None) -> dict[str, Tensor]:
    """Trains a fresh model from what the checkpoint holds."""
    model = _model()

    def loss_of(batch: tuple[Tensor, ...]) -> Tensor:
        (ids,) = batch
        return cross_entropy(model(input_ids=ids).logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())

    train("test", model, _batches(), loss_of, SCHEDULE, checkpoint, stop_at)
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_training_continues_exactly_where_it_stopped(tmp_path: Path) -> None:
    straight = _train(tmp_path / "straight.pt")
    halfway = _train(tmp_path / "stopped.pt", stop_at=3)
    resumed = _train(tmp_path / "stopped.pt")
    assert not torch.equal(halfway["model.norm.weight"], straight["model.norm.weight"])
    assert all(torch.equal(resumed[name], straight[name]) for name in straight)


def test_finished_training_is_only_loaded(tmp_path: Path) -> None:
    trained = _train(tmp_path / "done.pt")
    written = (tmp_path / "done.pt").stat().st_mtime_ns
    again = _train(tmp_path / "done.pt")
    assert all(torch.equal(again[name], trained[name]) for name in trained)
    assert (tmp_path / "done.pt").stat().st_mtime_ns == written


def test_the_learning_rate_rises_to_its_peak_and_falls_to_nothing() -> None:
    schedule = Schedule(steps=1000, peak=2e-3, warmup=100)
    assert schedule.rate(0) == pytest.approx(2e-5)
    assert schedule.rate(100) == pytest.approx(2e-3)
    assert schedule.rate(550) == pytest.approx(1e-3)
    assert schedule.rate(999) < 1e-8
