"""Writes a packed copy of a bf16 checkpoint, rounding to the nearest: to measure speed, not quality."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

GROUP = 64
SIDE_FILES = ("tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja")


def write_packed(model: Path, out: Path) -> Path:
    """The folder `out` with the model in GPTQ's format, 4 bits, left alone if it exists. Embedding and head stay."""
    if out.exists():
        return out
    partial = out.with_name(f"{out.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, Tensor] = {}
    for file in sorted(model.glob("*.safetensors")):
        with safe_open(file, "pt") as stream:
            for name in stream.keys():  # noqa: SIM118 - it is no dictionary
                tensor = stream.get_tensor(name)
                if "_proj.weight" in name:
                    tensors |= _gptq(name.removesuffix("weight"), tensor)
                else:
                    tensors[name] = tensor
    save_file(tensors, partial / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((model / "config.json").read_text("utf-8"))
    method = {"quant_method": "gptq", "bits": 4, "group_size": GROUP, "desc_act": False, "sym": True}
    (partial / "config.json").write_text(json.dumps(config | {"quantization_config": method}), "utf-8")
    for name in SIDE_FILES:
        if (model / name).exists():
            shutil.copy(model / name, partial / name)
    return partial.rename(out)


def _gptq(module: str, weight: Tensor) -> dict[str, Tensor]:
    outputs, inputs = weight.shape
    grouped = weight.float().view(outputs, -1, GROUP)
    scales = (grouped.abs().amax(-1, keepdim=True) / 7).clamp(min=1e-8).half()
    numbers = (grouped / scales.float()).round().clamp(-8, 7).to(torch.int32).view(outputs, inputs) + 8
    fields = numbers.t().contiguous().view(inputs // 8, 8, outputs)
    words = torch.zeros(inputs // 8, outputs, dtype=torch.int32)
    for place in range(8):
        words |= fields[:, place] << 4 * place
    zeros = torch.full((inputs // GROUP, outputs // 8), 0x77777777, dtype=torch.int32)
    return {
        f"{module}qweight": words,
        f"{module}qzeros": zeros,
        f"{module}scales": scales.squeeze(-1).t().contiguous(),
    }
