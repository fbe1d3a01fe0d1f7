"""GGUF files of every architecture score as llama.cpp itself has it: names, turned rows, added numbers and settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.core.gguf_models import save_gguf
from tests.core.offload.test_gguf import FAMILIES, SMALL
from tests.core.random_models import load

PROMPT = [3, 14, 15, 9, 26, 5] * 5
"""Longer than the windows of the models that have them."""


@pytest.mark.parametrize("family", ["llama", *FAMILIES])
def test_scores_are_those_of_llama_cpp(family: str, tmp_path: Path) -> None:
    llama_cpp = pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    made, _ = save_gguf(tmp_path, family, SMALL | FAMILIES.get(family, {}), "F32", seed=3)
    program = llama_cpp.Llama(str(made / "m.gguf"), logits_all=True, n_ctx=64, n_threads=1, verbose=False)
    program.eval(PROMPT)
    expected = torch.from_numpy(np.array(program.scores[: len(PROMPT)]))
    program.close()
    rows = len(PROMPT)
    model = load(made)
    sight = torch.ones(rows, rows, dtype=torch.bool).tril()
    scores = model.run(model.new_cache(rows), [], PROMPT, list(range(rows)), sight)
    model.close()
    # It keeps keys and values in float16.
    torch.testing.assert_close(scores, expected, rtol=0, atol=0.05)
    assert torch.equal(scores.argmax(-1), expected.argmax(-1))
