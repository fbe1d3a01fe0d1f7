"""Tells whether one model can draft for another, and which of the installed ones should.

A draft's tokens are the target's tokens only if both models mean the same text by the same number. The sizes in
config.json do not tell (they are padded at will), so the tokenizers themselves are compared.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UnusableDraft
from core.hub.library import InstalledModel
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.models.spec import ModelSpec

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SMALL_ENOUGH = 1 / 4
"""Of the target's bytes: a larger draft costs more time than its better guesses save."""

PROBES = (
    "The quick brown fox jumps over the lazy dog.",
    "  leading, trailing and   inner   spaces  ",
    "Line one\nLine two\r\n\tindented\n\n\n",
    "def join(path, *paths):\n    return '/'.join((path, *paths))  # 3.14 != 0x1F",
    '{"name": "penjing", "sizes": [1, 22, 333, 4444, 55555], "ok": true}',
    "I'm sure we'll say they've DON'T you'd it's SHE'S",
    "1234567890 12,345.678 1e-9 2026-11-21",
    "Grüße aus Köln, à bientôt, ¿qué tal?, Привет, καλημέρα",
    "盆景是中国传统艺术。こんにちは世界。안녕하세요",
    "مرحبا بالعالم שלום नमस्ते สวัสดี",
    "\U0001f332\U0001f469\u200d\U0001f52c \ufb01 \uff46\uff55\uff4c\uff4c e\u0301 \u00e9 \u200b\ufeff",
    "https://example.org/a_b-c?d=e&f=%20#g",
    "∑_{i=1}^n x_i² ≤ ∫ f(x) dx → ∞",
)
"""Texts on which tokenizers of equal vocabulary but other rules differ: spaces, digits, case, scripts, normal forms."""


def draft_problem(target: ModelSpec, draft: ModelSpec) -> str | None:
    """Why `draft` cannot draft for `target`, as a sentence; None if it can."""
    if draft.bytes > target.bytes:
        return "The draft is larger than the target."
    try:
        return _tokenizers_differ(target.folder, draft.folder) or _ends_differ(target, draft)
    except UnusableDraft as error:
        return error.what
    except OSError as error:
        return f"{error.filename} cannot be read: {error.strerror}."


def suggest_draft(target: ModelSpec, models: Sequence[InstalledModel]) -> InstalledModel | None:
    """The largest of the models that fit the target and have at most a quarter of its bytes.

    The demo target's draft is the one that was trained for it.
    """
    is_demo = target.folder.resolve() == DEMO_TARGET
    small_enough = [
        (is_demo and model.folder.resolve() == DEMO_DRAFT, model.spec.bytes, model, model.spec)
        for model in models
        if model.spec is not None and model.spec.bytes <= target.bytes * SMALL_ENOUGH
    ]
    best_first = sorted(small_enough, key=lambda candidate: candidate[:2], reverse=True)
    return next((model for *_, model, spec in best_first if draft_problem(target, spec) is None), None)


def _tokenizers_differ(target: Path, draft: Path) -> str | None:
    ours, theirs = (folder / "tokenizer.json" for folder in (target, draft))
    for file, whose in ((ours, "target"), (theirs, "draft")):
        if not file.is_file():
            return f"The {whose} has no tokenizer.json, so the vocabularies cannot be compared."
    if ours.read_bytes() == theirs.read_bytes():
        return None
    return _files_differ(ours, ours.stat().st_mtime_ns, theirs, theirs.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _files_differ(ours: Path, our_time: int, theirs: Path, their_time: int) -> str | None:
    """Reads and compares two tokenizers: a second for 150,000 tokens. The times renew what has changed since.

    The verdict is kept and not the tokenizers: each of them would hold a hundred megabytes of the engine's memory.
    """
    our_tokenizer, their_tokenizer = _tokenizer(ours), _tokenizer(theirs)
    return _vocabularies_differ(our_tokenizer, their_tokenizer) or _splits_differ(our_tokenizer, their_tokenizer)


def _vocabularies_differ(ours: Tokenizer, theirs: Tokenizer) -> str | None:
    our_texts = {token: text for text, token in ours.get_vocab().items()}
    their_texts = {token: text for text, token in theirs.get_vocab().items()}
    shared = our_texts.keys() & their_texts.keys()
    first = min((token for token in shared if our_texts[token] != their_texts[token]), default=None)
    return None if first is None else f"The draft's vocabulary differs at token {first:,}."


def _splits_differ(ours: Tokenizer, theirs: Tokenizer) -> str | None:
    specials = [token.content for token in ours.get_added_tokens_decoder().values()]
    known = [special for special in specials if theirs.token_to_id(special) is not None]
    for text in (*PROBES, *(f"before{special}after" for special in known)):
        if ours.encode(text, add_special_tokens=False).ids != theirs.encode(text, add_special_tokens=False).ids:
            return f"The draft's tokenizer splits text differently, for example {text!r}."
    return None


def _tokenizer(file: Path) -> Tokenizer:
    from tokenizers import Tokenizer  # Only now: the window imports this module before it shows.

    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # The library raises no narrower class.
        raise UnusableDraft(f"{file} is not a tokenizer: {error}.", "Download the model again.") from error


def _ends_differ(target: ModelSpec, draft: ModelSpec) -> str | None:
    for key, what in (("bos_token_id", "begins"), ("eos_token_id", "ends")):
        ours, theirs = _token_ids(target, key), _token_ids(draft, key)
        if ours and theirs and not ours & theirs:
            return f"The draft {what} texts with token {min(theirs):,}, the target with token {min(ours):,}."
    return None


def _token_ids(model: ModelSpec, key: str) -> set[int]:
    """Ids that config.json and generation_config.json give for a key, each of which holds one, several or none."""
    found: set[int] = set()
    for settings in (model.config, _generation_config(model.folder)):
        value = settings.get(key)
        found |= {token for token in (value if isinstance(value, list) else [value]) if isinstance(token, int)}
    return found


def _generation_config(folder: Path) -> dict[str, object]:
    try:
        settings = json.loads((folder / "generation_config.json").read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UnusableDraft(f"generation_config.json in {folder} cannot be read.", "Download it again.") from error
    return settings if isinstance(settings, dict) else {}
