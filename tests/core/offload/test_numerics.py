"""Checkpoints in other number formats than passes compute in: converted at load if resident, on arrival if streamed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from core.models.checkpoint import open_checkpoint
from core.planning.plan import Tier
from tests.core.random_models import load, save_llama

TEXT = [3, 14, 15, 9, 26, 5, 35, 8, 57, 9, 32]
STORED = {"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32}

TOLERANCE = {torch.float32: 2e-6, torch.bfloat16: 0.03}
"""Of the largest score."""


@pytest.fixture(scope="module", params=STORED)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = save_llama(tmp_path_factory.mktemp("made"), layers=4)
    folder = tmp_path_factory.mktemp(request.param)
    LlamaForCausalLM.from_pretrained(made, dtype=STORED[request.param]).save_pretrained(folder)
    assert open_checkpoint(folder).dtype == request.param
    return folder


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("streamed", [(), (1, 2), (0, 1, 2, 3)], ids=["resident", "half", "streamed"])
@pytest.mark.parametrize("ends", [Tier.RAM, Tier.SSD])
def test_scores_are_those_of_the_stored_weights(
    folder: Path, dtype: torch.dtype, streamed: tuple[int, ...], ends: Tier
) -> None:
    with torch.inference_mode():
        expected = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)(torch.tensor([TEXT])).logits[0, -1]
    model = load(folder, streamed, dtype, ends=ends)
    for _ in range(2):  # the second time the ring has wrapped around
        scores = model.run(model.new_cache(64), TEXT[:-1], TEXT[-1:], [0], torch.ones(1, 1, dtype=torch.bool))
        assert scores.dtype is dtype
        tolerance = TOLERANCE[dtype] * float(expected.abs().max())
        torch.testing.assert_close(scores[0].float(), expected, atol=tolerance, rtol=0)
    model.close()
