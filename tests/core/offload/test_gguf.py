"""A GGUF file writes what the same weights write that gguf itself read back, for every type and architecture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.models.checkpoint import open_checkpoint
from core.models.formats.ggml import GGML_TYPES
from core.planning.plan import Tier
from tests.core.gguf_models import save_gguf
from tests.core.offload.replies import reply_of
from tests.core.random_models import load

FAMILIES: dict[str, dict[str, Any]] = {
    "qwen2": {},
    "qwen3": {"head_dim": 32},
    "gemma2": {"head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 16},
    "gemma3_text": {"head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 16, "num_hidden_layers": 6},
    "granite": {
        "attention_multiplier": 0.2,
        "embedding_multiplier": 3.0,
        "residual_multiplier": 0.7,
        "logits_scaling": 0.5,
    },
    "olmo2": {"pad_token_id": 0},
    "gpt_oss": {"head_dim": 32, "num_local_experts": 3, "num_experts_per_tok": 2, "sliding_window": 16},
    "phi3": {"pad_token_id": 0},
    "mixtral": {"num_local_experts": 3, "num_experts_per_tok": 2},
    "qwen3_moe": {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64, "norm_topk_prob": True},
}
SMALL = {"hidden_size": 64, "intermediate_size": 96}
CASES = [
    *(("llama", {"tie_word_embeddings": kind.name == "Q8_0"}, kind.name) for kind in GGML_TYPES.values()),
    *((family, SMALL | changes, "Q8_0") for family, changes in FAMILIES.items()),
    ("mixtral", FAMILIES["mixtral"], "Q4_K"),
    ("gpt_oss", SMALL | FAMILIES["gpt_oss"], "MXFP4"),
    ("gpt_oss", FAMILIES["gpt_oss"] | {"head_dim": 64}, "Q4_K"),
]


@pytest.mark.parametrize(("family", "changes", "kind"), CASES, ids=lambda value: str(value)[:12])
def test_it_writes_the_same(family: str, changes: dict[str, Any], kind: str, tmp_path: Path) -> None:
    for seed in range(20):
        made, plain = save_gguf(tmp_path / str(seed), family, changes, kind, seed)
        expected = reply_of(load(plain))
        if len(set(expected)) > 3:
            break
    else:
        raise AssertionError("no seed makes a model that writes more than the same over and over")
    spec = open_checkpoint(made)
    assert spec.quantisation == f"GGUF {kind}"
    assert spec.parameters == open_checkpoint(plain).parameters
    assert reply_of(load(made, packed=True)) == expected
    assert reply_of(load(made, streamed=(0,), ends=Tier.SSD, experts=Tier.SSD)) == expected


def test_a_model_in_several_files_is_one(tmp_path: Path) -> None:
    made, plain = save_gguf(tmp_path, "llama", {}, "Q4_0", parts=4)
    files = sorted(made.iterdir())
    assert len(files) == 4
    expected = reply_of(load(plain))
    for path in (made, files[0], files[2]):
        assert reply_of(load(path, streamed=(0,))) == expected
