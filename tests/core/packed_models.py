"""Small random models in every format, each beside the same model dequantised by other programs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.core.models.packers import Packed, Packer
from tests.core.random_models import save_random

SIZES = {"hidden_size": 64, "intermediate_size": 128, "head_dim": 16, "moe_intermediate_size": 64}
_PROJECTION = re.compile(r"model\.layers\.\d+\..*(proj|w[123])\.weight")


def save_packed(folder: Path, family: str, changes: dict[str, Any], packer: Packer, seed: int = 0) -> tuple[Path, Path]:
    """A random model, packed and plain: the folders of both."""
    plain = save_random(folder / "plain", family, SIZES | changes, seed)
    np.random.seed(seed)
    return pack_model(plain, folder / "packed", packer), plain


def pack_model(plain: Path, packed: Path, packer: Packer) -> Path:
    """Write a model into the folder `packed`; the weights in `plain` become what they are once dequantised.

    What is packed are the projections of all layers or, in MXFP4, all experts.
    """
    tensors = load_file(plain / "model.safetensors")
    stored: dict[str, Tensor] = {}
    for name, tensor in list(tensors.items()):
        if packer.config["quant_method"] == "mxfp4" and name.endswith("_proj") and tensor.dim() == 3:
            experts: list[Packed] = [packer.pack(matrix) for matrix in tensor]
            tensors[name] = torch.stack([expert.matrix for expert in experts])
            for part in experts[0].tensors:
                stored[name + part] = torch.stack([expert.tensors[part] for expert in experts])
        elif packer.config["quant_method"] != "mxfp4" and _PROJECTION.fullmatch(name):
            made = packer.pack(tensor)
            tensors[name] = made.matrix
            module = name.removesuffix(".weight")
            biases = {f"{module}.bias"} & tensors.keys()
            stored |= {module + part: each for part, each in made.tensors.items() if module + part not in biases}
        else:
            stored[name] = tensor
    packed.mkdir()
    for target, content in ((plain, tensors), (packed, stored)):
        contiguous = {name: tensor.contiguous() for name, tensor in content.items()}
        save_file(contiguous, target / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((plain / "config.json").read_text())
    (packed / "config.json").write_text(json.dumps(config | {"quantization_config": packer.config}))
    return packed
