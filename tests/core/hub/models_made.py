"""Small models with real bytes in their weights, as a hub would hold them."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

from tests.core.hub.tokenizers_made import write_tokenizer
from tests.core.models.folders import llama_shapes, tiny_config, write_safetensors

CARD = """---
license: apache-2.0
---
# A small model

It says *little*.
"""


def write_hub_model(folder: Path, *, shards: int = 0, seed: int = 0, **config: Any) -> Path:
    """A model as repositories have it: weights full of random bytes, tokenizer, card. `shards` 0 is a single file."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = tiny_config(**config)
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "README.md").write_text(CARD)
    write_tokenizer(folder)
    shapes = llama_shapes(settings)
    if not shards:
        write_safetensors(folder / "model.safetensors", shapes)
        fill(folder / "model.safetensors", shapes, seed)
        return folder
    names = list(shapes)
    places: dict[str, str] = {}
    for number in range(shards):
        file = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        part = {name: shapes[name] for name in names[number::shards]}
        write_safetensors(folder / file, part)
        fill(folder / file, part, seed + number)
        places |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    return folder


def fill(file: Path, shapes: dict[str, tuple[int, ...]], seed: int) -> None:
    """Random bytes for the tensors that the file holds."""
    size = sum(math.prod(shape) * 2 for shape in shapes.values())
    with file.open("r+b") as stream:
        stream.seek(-size, 2)
        stream.write(random.Random(seed).randbytes(size))
