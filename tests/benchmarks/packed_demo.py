"""The demo target in every weight format, each beside the same model as other programs dequantise it.

Formats for which the demo target has the wrong sizes or layers stand on small random models with its tokenizer.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.locations import DEMO_TARGET
from core.models.formats.ggml import GGML_TYPES, PLAIN
from tests.core.gguf_models import SCALES, save_gguf, write_gguf
from tests.core.models.packers import PACKERS, mxfp4
from tests.core.packed_models import pack_model, save_packed

BLOCKS = tuple(f"GGUF {kind.name}" for kind in GGML_TYPES.values() if kind.name not in PLAIN)
FORMATS = (*PACKERS, "MXFP4", *BLOCKS)

_TEXTS = ("tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja")
_EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}
_RANDOM: dict[str, Any] = {"vocab_size": 4096, "max_position_embeddings": 1024}


def write_demo(folder: Path, name: str) -> tuple[Path, Path]:
    """A model in one of `FORMATS`, and the same dequantised by another program: the folders of both.

    Skips, as tests do, where the program that writes the format is not installed.
    """
    torch.manual_seed(0)
    np.random.seed(0)
    packed, plain = _made(folder, name)
    for each in (packed, plain):
        for text in _TEXTS:
            shutil.copy(DEMO_TARGET / text, each)
    return packed, plain


def _made(folder: Path, name: str) -> tuple[Path, Path]:
    if name == "MXFP4":
        return save_packed(folder, "gpt_oss", _RANDOM | _EXPERTS, mxfp4())
    kind = name.removeprefix("GGUF ")
    if kind in SCALES:
        return save_gguf(folder, "llama", _RANDOM | {"num_hidden_layers": 4}, kind)
    plain = Path(shutil.copytree(DEMO_TARGET, folder / "plain"))
    if name in PACKERS:
        return pack_model(plain, folder / "packed", PACKERS[name]), plain
    return write_gguf(plain, folder / "gguf", kind), plain
