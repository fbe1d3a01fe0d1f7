"""What models think of a text is what transformers computes, wherever their weights live."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from core.engine.quality import MOST_WINDOWS, WINDOW, compare, score, windows_of
from core.errors import BadRequest, Cancelled
from core.locations import DEMO_TARGET
from core.models.checkpoint import open_checkpoint
from core.quantize.job import quantise
from core.quantize.recipe import make_recipe

TEXT = "os.path.join(path, *paths) joins one or more path segments intelligently.\n" * 40


def test_scores_are_those_of_transformers() -> None:
    from transformers import AutoModelForCausalLM

    spec = open_checkpoint(DEMO_TARGET)
    windows = windows_of(TEXT, spec)
    assert [len(window) for window in windows[:-1]] == [WINDOW] * (len(windows) - 1)
    found = score(spec, windows)
    model = AutoModelForCausalLM.from_pretrained(DEMO_TARGET, dtype=torch.float32)
    with torch.no_grad():
        rows = [model(torch.tensor([window])).logits[0, :-1].log_softmax(-1) for window in windows]
    targets = torch.tensor([token for window in windows for token in window[1:]])
    expected = torch.cat(rows).gather(-1, targets[:, None]).squeeze(-1)
    assert found.favourite.shape == targets.shape
    # The engine may compute in bfloat16.
    assert found.log_probability.mean().item() == pytest.approx(expected.mean().item(), rel=0.02)
    assert (found.favourite == torch.cat(rows).argmax(-1)).float().mean() > 0.97


def test_a_copy_of_fewer_bits_is_further_away(tmp_path: Path) -> None:
    before = open_checkpoint(DEMO_TARGET)
    told: list[tuple[str, int, int]] = []
    found = {}
    for bits in (4, 8):
        done = quantise(make_recipe(DEMO_TARGET, bits), tmp_path / str(bits))
        after = open_checkpoint(done.folder)
        found[bits] = compare(before, after, TEXT, lambda spec, now, of: told.append((spec.name, now, of)))
    windows, names = told[0][2], (before.name, "4", before.name, "8")
    assert told == [(name, now + 1, windows) for name in names for now in range(windows)]
    assert found[4].agreement < found[8].agreement <= 1
    assert found[4].tokens == found[8].tokens
    assert math.isclose(found[8].perplexity_before, found[4].perplexity_before)
    assert math.isclose(found[8].perplexity_after, found[8].perplexity_before, rel_tol=0.1)


def test_of_a_long_text_the_beginning_is_read() -> None:
    assert len(windows_of(TEXT * 40, open_checkpoint(DEMO_TARGET))) == MOST_WINDOWS


def test_a_text_without_two_tokens_is_refused() -> None:
    with pytest.raises(BadRequest, match="too short"):
        windows_of("", open_checkpoint(DEMO_TARGET))


def test_it_ends_when_cancelled() -> None:
    spec = open_checkpoint(DEMO_TARGET)
    with pytest.raises(Cancelled):
        score(spec, windows_of(TEXT, spec), cancelled=lambda: True)
