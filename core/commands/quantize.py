"""Makes a 4-bit or 8-bit copy of a model, which Penjing and other programs open, and says what it cost."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.generate import read_prompt
from core.commands.interrupt import interrupt_cancels
from core.commands.loading import show
from core.commands.models_download import line
from core.commands.options import parse_count
from core.errors import Cancelled
from core.hub.progress import State, Tally
from core.locations import GUIDE
from core.models.checkpoint import open_checkpoint
from core.models.spec import ModelSpec
from core.sizes import format_size, parse_size

if TYPE_CHECKING:
    from core.engine.quality import Quality
    from core.quantize.job import Done
    from core.quantize.recipe import Recipe

OUR_TEXT = "-"
"""What `--report` without a file means: the user guide, which everybody has."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, metavar="DIR", help="the model's folder; it is left alone")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder that the copy will be")
    parser.add_argument("--bits", type=int, required=True, choices=(4, 8), help="of a weight in the copy")
    groups = "weights that share a scale, halved where a matrix is no multiple of it (128)"
    parser.add_argument("--group", type=parse_count, default=128, metavar="N", help=groups)
    parser.add_argument("--shard", type=parse_size, default=1 << 30, metavar="SIZE", help="most of a file (1GiB)")
    report = "also compare both models on a text: the user guide, or this file"
    parser.add_argument("--report", nargs="?", const=OUR_TEXT, metavar="TEXTFILE", help=report)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    text = read_text(options.report) if options.report is not None else None
    show("Starting PyTorch …")
    from core.quantize.recipe import make_recipe

    recipe = make_recipe(options.model, options.bits, options.group, options.shard)
    started = time.perf_counter()
    done = make(recipe, options.out)
    seconds = time.perf_counter() - started
    copy = open_checkpoint(done.folder)
    if not options.json:
        print(in_words(recipe, done, copy))
    quality = compare(recipe.spec, copy, text) if text is not None else None
    if options.json:
        print(json.dumps(as_object(recipe, done, copy, seconds, quality), indent=2))
    elif quality is not None:
        print(cost_in_words(quality))
    return 0


def make(recipe: Recipe, out: Path) -> Done:
    """Writes the copy, with its progress on the terminal. Ctrl+C ends it, and keeps the files that are whole."""
    from core.quantize.job import quantise

    tally = Tally()
    tally.place("weights", 0, recipe.source_bytes)

    def progress(count: int) -> None:
        tally.add("weights", count)
        show(line(tally.snapshot(recipe.spec.name, State.RUNNING)))

    try:
        with interrupt_cancels() as cancelled:
            return quantise(recipe, out, progress, cancelled)
    except Cancelled:
        show("")
        print("Stopped. The same command goes on where it was.", file=sys.stderr)
        raise
    finally:
        show("")


def compare(before: ModelSpec, after: ModelSpec, text: str) -> Quality:
    """Judges both models by a text, with the progress on the terminal."""
    show("Starting the engine …")
    from core.engine.importing import import_engine

    import_engine()
    from core.engine import quality

    def progress(spec: ModelSpec, done: int, of: int) -> None:
        show(f"{spec.name} reads the text: {done} of {of} parts")

    try:
        with interrupt_cancels() as cancelled:
            return quality.compare(before, after, text, progress, cancelled)
    finally:
        show("")


def read_text(name: str) -> str:
    """The text of the report. Raises BadRequest if it cannot be read."""
    if name == OUR_TEXT:
        return "\n\n".join(page.read_text(encoding="utf-8") for page in sorted(GUIDE.glob("*.md")))
    return read_prompt(Path(name))


def in_words(recipe: Recipe, done: Done, copy: ModelSpec) -> str:
    before, after = recipe.spec.bytes, copy.bytes
    kept = f" {done.kept} of its {done.files} files were there already." if done.kept else ""
    sizes = f"{format_size(after)} instead of {format_size(before)}, {after / before:.0%}"
    return f"{recipe.spec.name} in {recipe.bits} bits is in {done.folder}: {sizes}.{kept}"


def cost_in_words(quality: Quality) -> str:
    before, after = quality.perplexity_before, quality.perplexity_after
    return (
        f"Over {quality.tokens:,} tokens, perplexity went from {before:.3f} to {after:.3f} ({after / before - 1:+.1%}; "
        f"lower is better), and both models favour the same token in {quality.agreement:.1%} of places."
    )


def as_object(recipe: Recipe, done: Done, copy: ModelSpec, seconds: float, quality: Quality | None) -> dict[str, Any]:
    """What `--json` prints; docs/architecture.md describes it."""
    return {
        "folder": str(done.folder),
        "format": copy.quantisation,
        "bits": recipe.bits,
        "groups": recipe.groups,
        "bytes_before": recipe.spec.bytes,
        "bytes_after": copy.bytes,
        "files": done.files,
        "files_kept": done.kept,
        "seconds": seconds,
        "quality": asdict(quality) if quality is not None else None,
    }
