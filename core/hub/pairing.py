"""Tells whether one model can draft for another, and which of the installed ones should.

A draft's tokens are the target's tokens only if both models mean the same text by the same number. The sizes in
config.json do not tell (they are padded at will), so the tokenizers themselves are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import UnusableDraft, UnusableModel
from core.hub.library import InstalledModel
from core.hub.suggestion import catalogue_partners, measured_tokens_per_step, plain_name
from core.hub.tokenizer_difference import last_token, tokenizer_difference
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.models.bounded_json import read_object
from core.models.gguf.model import find_gguf
from core.models.spec import ModelSpec

SMALL_ENOUGH = 1 / 4
"""Of the target's bytes: a larger draft costs more time than its better guesses save."""


def draft_problem(target: ModelSpec, draft: ModelSpec) -> str | None:
    """Why `draft` cannot draft for `target`, as a sentence; None if it can."""
    try:
        return _tokenizers_differ(target, draft) or _ends_differ(target, draft)
    except (UnusableDraft, UnusableModel) as error:
        return error.what
    except OSError as error:
        return f"{error.filename} cannot be read: {error.strerror}."


def suggest_draft(target: ModelSpec, models: Sequence[InstalledModel]) -> InstalledModel | None:
    """The best of the installed models that fit the target and have at most a quarter of its bytes.

    Best is what was trained for the target (the demo pair), then what wrote most tokens per step with it on this
    machine, then what the catalogue pairs it with, then the largest.
    """
    small_enough = [
        (model, spec)
        for model in models
        if model.facts is not None and model.facts.bytes <= target.bytes * SMALL_ENOUGH
        for spec in (model.spec,)
        if spec is not None
    ]
    partners = catalogue_partners(target.name)
    measured = measured_tokens_per_step(target, [spec for _, spec in small_enough])
    is_demo = target.folder.resolve() == DEMO_TARGET

    def worth(candidate: tuple[InstalledModel, ModelSpec]) -> tuple[float, ...]:
        model, spec = candidate
        trained_for_it = is_demo and model.folder.resolve() == DEMO_DRAFT
        return (trained_for_it, measured.get(spec.folder, 0.0), plain_name(model.name) in partners, spec.bytes)

    best_first = sorted(small_enough, key=worth, reverse=True)
    return next((model for model, spec in best_first if draft_problem(target, spec) is None), None)


def _tokenizers_differ(target: ModelSpec, draft: ModelSpec) -> str | None:
    ours, theirs = (_tokenizer_file(model.folder) for model in (target, draft))
    for file, whose in ((ours, "target"), (theirs, "draft")):
        if not file.is_file():
            return f"The {whose} has no tokenizer.json, so the vocabularies cannot be compared."
    return tokenizer_difference(ours, theirs) or _too_narrow(target, draft, ours)


def _tokenizer_file(folder: Path) -> Path:
    """tokenizer.json, or the GGUF file that holds a tokenizer instead."""
    gguf = find_gguf(folder)
    beside = (gguf.parent if gguf else folder) / "tokenizer.json"
    return gguf if gguf and not beside.is_file() else beside


def _too_narrow(target: ModelSpec, draft: ModelSpec, tokenizer: Path) -> str | None:
    """Whether the target writes tokens that the draft has no row for; rows that nothing means are padding."""
    if draft.vocabulary >= target.vocabulary:
        return None
    last, text = last_token(tokenizer)
    if last < draft.vocabulary:
        return None
    return f"The draft's logits end at token {draft.vocabulary - 1:,}, and the target writes up to {last:,}, {text}."


def _ends_differ(target: ModelSpec, draft: ModelSpec) -> str | None:
    for key, what in (("bos_token_id", "begins"), ("eos_token_id", "ends")):
        ours, theirs = _token_ids(target, key), _token_ids(draft, key)
        if ours and theirs and not ours & theirs:
            return f"The draft {what} texts with token {min(theirs):,}, the target with token {min(ours):,}."
    return None


def _token_ids(model: ModelSpec, key: str) -> set[int]:
    """Ids that config.json and generation_config.json give for a key, each of which holds one, several or none."""
    try:
        # A GGUF file may be all there is of a model.
        folder = model.folder.parent if model.folder.is_file() else model.folder
        generation = read_object(folder / "generation_config.json")
    except FileNotFoundError:
        generation = {}
    found: set[int] = set()
    for settings in (model.config, generation):
        value = settings.get(key)
        found |= {token for token in (value if isinstance(value, list) else [value]) if isinstance(token, int)}
    return found
