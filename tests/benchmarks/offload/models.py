"""The files that the benchmark runs on: a stand-in for a large model, and GGUF copies for llama.cpp."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from core.errors import BadRequest
from core.locations import DEMO_DRAFT
from core.sizes import format_size
from tests.benchmarks.offload.process import ROOT

SPARE = 1 << 28
"""Bytes of free disk that are left alone."""


def make_models(work: Path, size: int, for_llama: bool) -> dict[str, str]:
    """The paths of the models by name, made where they are not there yet from an earlier run.

    Args:
        size: Bytes of the stand-in.
        for_llama: Whether GGUF files are wanted as well.

    Raises:
        BadRequest: The disk is too full.
    """
    work.mkdir(parents=True, exist_ok=True)
    model = work / f"standin-{size}"
    gguf, draft_gguf = work / f"standin-{size}-bf16.gguf", work / "draft-bf16.gguf"
    missing = [model] if not model.exists() else []
    if for_llama and not _is_newer(gguf, model):
        missing.append(gguf)
    needed, free = size * len(missing) + SPARE, shutil.disk_usage(work).free
    if missing and free < needed:
        raise BadRequest(
            f"The benchmark needs {format_size(needed)} on the disk of {work}, which has {format_size(free)} left.",
            "Make room, or choose another folder with --work or a smaller model with --bytes.",
        )
    # In a process of its own: this one stays without torch, whose pages would lie outside every memory limit.
    command = [sys.executable, "-m", "tests.benchmarks.standin", "--bytes", f"{size}B", "--out", str(model)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    files = {"model": model, "draft": DEMO_DRAFT, "gguf": gguf, "draft_gguf": draft_gguf, "scratch": work / "scratch"}
    if for_llama:
        from tests.benchmarks.offload.gguf_export import export

        for source, target in ((model, gguf), (DEMO_DRAFT, draft_gguf)):
            if not _is_newer(target, source):
                say(f"writing {target.name}")
                export(source, target)
    return {name: str(path) for name, path in files.items()}


def _is_newer(file: Path, folder: Path) -> bool:
    """Whether a file was written after all weights in a folder."""
    if not file.exists() or not folder.exists():
        return False
    return all(file.stat().st_mtime >= weights.stat().st_mtime for weights in folder.glob("*.safetensors"))


def say(line: str) -> None:
    """What is going on, for whoever watches."""
    print(line, file=sys.stderr, flush=True)
