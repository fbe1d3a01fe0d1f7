"""Time in which weights are awaited goes to other work, and to nothing else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from core.errors import Cancelled
from core.offload.idle_time import IdleTime
from core.offload.weight_reader import WeightReader
from tests.core.random_models import load, save_llama

TEXT, ALONE = [3, 14, 15, 9], torch.ones(1, 1, dtype=torch.bool)


class Coming:
    """Something that has arrived after so many looks."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    @property
    def ready(self) -> bool:
        self._looks -= 1
        return self._looks < 0


def test_work_goes_on_until_what_was_awaited_is_there_or_nothing_is_left_to_do() -> None:
    idle, told = IdleTime(), list[float]()

    def work(slack: float) -> bool:
        told.append(slack)
        return len(told) < 5

    idle.offer(work)
    idle.use(Coming(3), slack=0.25)
    assert told == [0.25] * 3
    idle.use(Coming(10), slack=0.25)
    idle.use(Coming(10), slack=0.25)  # nothing was left
    assert len(told) == 5
    assert idle.seconds > 0.0


def test_a_pass_that_waits_lends_its_time_and_gives_the_same_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = WeightReader.read

    def slowly(*args: object, **settings: object) -> bool:
        time.sleep(0.02)
        return read(*args, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(WeightReader, "read", slowly)
    folder = save_llama(tmp_path, layers=4)
    model, other = load(folder, (1, 2, 3)), load(folder)
    cache, elsewhere = model.new_cache(32), other.new_cache(32)
    expected = model.run(cache, TEXT, [5], [0], ALONE)
    pieces = 0

    def work(slack: float) -> bool:
        nonlocal pieces
        pieces += 1
        other.run(elsewhere, TEXT, [7], [0], ALONE)
        return True

    assert torch.equal(model.run(cache, TEXT, [5], [0], ALONE, meanwhile=work), expected)
    assert pieces > 0
    assert model.weights.lent_seconds > 0.0

    def broken(slack: float) -> bool:
        raise Cancelled

    with pytest.raises(Cancelled):
        model.run(cache, TEXT, [5], [0], ALONE, meanwhile=broken)
    assert torch.equal(model.run(cache, TEXT, [5], [0], ALONE), expected)
    model.close()
    other.close()
