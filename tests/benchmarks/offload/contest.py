"""Runs one contestant under the limits: first its settings in short trials, then the fastest on all prompts."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

from core.sizes import format_size
from tests.benchmarks.offload.entries import Entry
from tests.benchmarks.offload.figures import Contender, figures
from tests.benchmarks.offload.job import Job, Result, Settings, read_result, write_json
from tests.benchmarks.offload.limits import Limits
from tests.benchmarks.offload.models import say
from tests.benchmarks.offload.process import Run, run

TRIAL_TOKENS = 16
TRIAL_PATIENCE = 300.0
"""Seconds: what thrashes for so long is not the fastest."""


def contend(name: str, entry: Entry, job: Job, limits: Limits) -> Contender:
    """How a contestant fared.

    Args:
        job: What is asked of all; contestant and settings are filled in here.
    """
    if find_spec(entry.package) is None:
        failure = f"{entry.package} is not installed (the optional extra `bench`)"
        return Contender(name, entry.title, [], None, None, failure, None, entry.bar, "")
    job = replace(job, contestant=entry.module)
    settings, trials = entry.variants[0], list[str]()
    if len(entry.variants) > 1:
        settings, trials = _fastest(name, entry.variants, job, limits)
    say(f"{name}: {len(job.prompts) - 1} replies{_spell(settings)}")
    outcome = _run(replace(job, settings=settings), limits)
    result = _result(outcome)
    if result is None:
        say(f"{name}: {outcome.failure}")
    return Contender(
        name=name,
        title=entry.title,
        trials=trials,
        result=result,
        figures=figures(result) if result is not None else None,
        failure=outcome.failure,
        group_peak=outcome.group_peak,
        bar=entry.bar,
        conditions=outcome.conditions,
    )


def _fastest(name: str, variants: list[Settings], job: Job, limits: Limits) -> tuple[Settings, list[str]]:
    """The settings that were fastest in a short trial, and in words what each came to."""
    short = replace(job, prompts=job.prompts[:2], new_tokens=TRIAL_TOKENS)
    speeds, words = [], []
    for settings in variants:
        outcome = _run(replace(short, settings=settings), limits, TRIAL_PATIENCE)
        result = _result(outcome)
        speeds.append(figures(result).tokens_per_second if result is not None else 0.0)
        speed = f"{speeds[-1]:.2f} tokens per second" if result is not None else outcome.failure
        words.append(f"{_spell(settings)}: {speed}".strip())
        say(f"{name}, trial: {words[-1]}")
    return variants[speeds.index(max(speeds))], words


def _run(job: Job, limits: Limits, patience: float | None = None) -> Run:
    folders = (job.path("model"), job.path("draft"))
    files = [*(file for folder in folders for file in folder.iterdir() if file.is_file())]
    files += [file for file in (job.path("gguf"), job.path("draft_gguf")) if file.exists()]
    return run("tests.benchmarks.offload.contestants", write_json(job), limits, files, patience)


def _result(outcome: Run) -> Result | None:
    return read_result(outcome.output) if outcome.output is not None else None


def _spell(settings: Settings) -> str:
    """Settings as they are told apart, with a space before them; those that are off are left out."""
    words = [
        f"{name} {format_size(int(value)) if value >= 2**20 else f'{value:g}'}"
        for name, value in settings.items()
        if value
    ]
    return f" {', '.join(words)}" if words else ""
