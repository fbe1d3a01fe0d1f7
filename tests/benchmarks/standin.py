"""Makes stand-in models: Llamas of any size that predict what the demo target predicts.

`python -m tests.benchmarks.standin --bytes 2.2GB --out DIR`. Bytes and arithmetic are those of a real model of that
size, and with the demo draft so is a high acceptance, which a random model would not have. They are written piece by
piece, so that a model may be larger than memory. How they are built is in `standin_weights` and `standin_shape`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from core.errors import BadRequest, PenjingError
from core.sizes import format_size, parse_size
from tests.benchmarks import standin_weights
from tests.benchmarks.standin_shape import KNOWN, TRAINED, WEIGHT_BYTES, Shape, shape_like, shape_of_size
from tests.benchmarks.standin_weights import Backgrounds, Matrix, Standin

Progress = Callable[[int], None]
"""Called with the bytes of weights written so far."""

COPIED = ("chat_template.jinja", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
RECORD = "standin.json"
SHARD_BYTES = 2 * 10**9
HEADER_DTYPES = {"bfloat16": "BF16", "float32": "F32"}


def make_standin(folder: Path, shape: Shape, shard_bytes: int = SHARD_BYTES, progress: Progress | None = None) -> Path:
    """The folder, with that stand-in in it: an earlier one of the same settings is taken as it is, another replaced.

    Args:
        shard_bytes: The most that a file of weights holds, if none of its tensors is larger.

    Raises:
        BadRequest: The shape cannot hold the demo target, the folder holds something else, or the drive is too full.
    """
    shape.check()
    made_of = hashlib.sha256()
    for source in (TRAINED.folder / "model.safetensors", Path(standin_weights.__file__)):
        made_of.update(source.read_bytes())
    record = {"shape": asdict(shape), "shard_bytes": shard_bytes, "made_of": made_of.hexdigest()}
    if (folder / RECORD).exists():
        if json.loads((folder / RECORD).read_text(encoding="utf-8")) == record:
            return folder
        shutil.rmtree(folder)
    if folder.exists() and any(folder.iterdir()):
        raise BadRequest(f"{folder} holds something that is no stand-in.", "Choose a new folder.")

    folder.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder.parent).free
    if free < shape.bytes:
        raise BadRequest(
            f"The stand-in takes {format_size(shape.bytes)}, but {folder.parent} has {format_size(free)} free.",
            "Free some space, or ask for a smaller one.",
        )
    # Under its own name a stand-in is always whole.
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    standin = Standin(shape)
    _write_weights(partial, standin, shape, shard_bytes, progress or (lambda _: None))
    for name in COPIED:
        shutil.copyfile(TRAINED.folder / name, partial / name)
    _write_json(partial / "config.json", _config(shape, standin.epsilon))
    _write_json(partial / RECORD, record)
    if folder.exists():
        folder.rmdir()
    return partial.rename(folder)


def _config(shape: Shape, epsilon: float) -> dict[str, Any]:
    return dict(TRAINED.config) | {
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "intermediate_size": shape.intermediate,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "rms_norm_eps": epsilon,
        "tie_word_embeddings": shape.tied,
        "dtype": shape.dtype,
    }


def _write_weights(folder: Path, standin: Standin, shape: Shape, shard_bytes: int, progress: Progress) -> None:
    """The shards and their index."""
    backgrounds = Backgrounds(getattr(torch, shape.dtype))
    shards = _shards(list(standin.matrices()), shard_bytes // WEIGHT_BYTES[shape.dtype])
    places: dict[str, str] = {}
    written = 0
    for number, shard in enumerate(shards, start=1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        places |= dict.fromkeys((matrix.name for matrix in shard), name)
        with (folder / name).open("wb") as file:
            file.write(_header(shard, shape))
            for matrix in shard:
                for piece in backgrounds.pieces(matrix):
                    written += file.write(piece.view(torch.uint8).numpy().data)
                    progress(written)
            # What still waits to be written would disturb a benchmark that follows.
            file.flush()
            os.fsync(file.fileno())
    index = {"metadata": {"total_size": shape.bytes}, "weight_map": places}
    _write_json(folder / "model.safetensors.index.json", index)


def _shards(matrices: Sequence[Matrix], most: int) -> list[list[Matrix]]:
    """The matrices in their order, in groups of at most so many numbers or of one matrix."""
    shards: list[list[Matrix]] = [[]]
    held = 0
    for matrix in matrices:
        if shards[-1] and held + matrix.numbers > most:
            shards.append([])
            held = 0
        shards[-1].append(matrix)
        held += matrix.numbers
    return shards


def _header(shard: Sequence[Matrix], shape: Shape) -> bytes:
    """What a safetensors file begins with."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for matrix in shard:
        start, end = end, end + matrix.numbers * WEIGHT_BYTES[shape.dtype]
        entries[matrix.name] = {
            "dtype": HEADER_DTYPES[shape.dtype],
            "shape": matrix.shape,
            "data_offsets": (start, end),
        }
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # Tensors lie at multiples of eight bytes.
    return len(text).to_bytes(8, "little") + text


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.standin", description="Makes a stand-in model.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to make")
    parser.add_argument("--bytes", type=parse_size, metavar="SIZE", help="of all weights together, such as 2.2GB")
    parser.add_argument("--like", choices=KNOWN, help="a known model's layers; with --bytes as many as that needs")
    parser.add_argument("--hidden", type=int, metavar="N", help="hidden size, with --bytes")
    parser.add_argument("--layers", type=int, metavar="N", help="number of layers, with --bytes")
    parser.add_argument("--kv-heads", type=int, metavar="N", help="key-value heads (as many as heads), with --bytes")
    parser.add_argument("--dtype", choices=WEIGHT_BYTES, default="bfloat16", help="of the weights (bfloat16)")
    parser.add_argument("--tied", action="store_true", help="take the embedding as output head")
    parser.add_argument("--shard", type=parse_size, default=SHARD_BYTES, metavar="SIZE", help="most in one file (2GB)")
    return parser


def _asked_shape(options: argparse.Namespace) -> Shape:
    if options.like is not None:
        if (options.hidden, options.layers, options.kv_heads) != (None, None, None):
            raise BadRequest("--like settles the shape of the layers.", "Leave out the other options for the shape.")
        return shape_like(options.like, options.bytes, options.dtype, options.tied)
    if options.bytes is None:
        raise BadRequest("How large the stand-in should be is missing.", "Add --bytes SIZE or --like NAME.")
    return shape_of_size(options.bytes, options.hidden, options.layers, options.kv_heads, options.dtype, options.tied)


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        options = _parser().parse_args(arguments)
        shape = _asked_shape(options)

        def show(written: int) -> None:
            print(f"\r{format_size(written)} of {format_size(shape.bytes)}", end="", file=sys.stderr, flush=True)

        print(make_standin(options.out, shape, options.shard, show))
    except PenjingError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"\n{shape}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
