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

from tests.core.models.packers import Packed, Packer, mxfp4
from tests.core.random_models import save_random

SIZES = {"hidden_size": 64, "intermediate_size": 128, "head_dim": 16, "moe_intermediate_size": 64}
_PROJECTION = re.compile(r"model\.layers\.\d+\..*(proj|w[123])\.weight")


def save_packed(folder: Path, family: str, changes: dict[str, Any], packer: Packer, seed: int = 0) -> tuple[Path, Path]:
    """A random model, packed and plain: the folders of both.

    What is packed are the projections of all layers or, in MXFP4, all experts.
    """
    plain = save_random(folder / "plain", family, SIZES | changes, seed)
    tensors = load_file(plain / "model.safetensors")
    np.random.seed(seed)
    stored: dict[str, Tensor] = {}
    for name, tensor in list(tensors.items()):
        if packer.config["quant_method"] == "mxfp4" and name.endswith("_proj") and tensor.dim() == 3:
            experts: list[Packed] = [mxfp4().draw(matrix.shape[1], matrix.shape[0], 0.2) for matrix in tensor]
            tensors[name] = torch.stack([expert.matrix for expert in experts])
            for part in experts[0].tensors:
                stored[name + part] = torch.stack([expert.tensors[part] for expert in experts])
        elif packer.config["quant_method"] != "mxfp4" and _PROJECTION.fullmatch(name):
            packed = packer.draw(tensor.shape[0], tensor.shape[1], 0.2)
            tensors[name] = packed.matrix
            module = name.removesuffix(".weight")
            biases = {f"{module}.bias"} & tensors.keys()
            stored |= {module + part: each for part, each in packed.tensors.items() if module + part not in biases}
        else:
            stored[name] = tensor
    packed_folder = folder / "packed"
    packed_folder.mkdir()
    for target, content in ((plain, tensors), (packed_folder, stored)):
        contiguous = {name: tensor.contiguous() for name, tensor in content.items()}
        save_file(contiguous, target / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((plain / "config.json").read_text())
    (packed_folder / "config.json").write_text(json.dumps(config | {"quantization_config": packer.config}))
    return packed_folder, plain
