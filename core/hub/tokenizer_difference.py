"""Compares two tokenizers token by token, and by how they split texts on which tokenizers are known to differ.

Reading a vocabulary of 150,000 tokens takes half a second, so verdicts are kept by the checksums of the two files: the
same bytes always get the same verdict, wherever they lie, and other bytes never an old one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UnusableDraft
from core.locations import user_data
from core.models.gguf.model import SUFFIX as GGUF
from core.models.gguf.tokenizer import read_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

VERDICTS = "pairs.json"
RULES = 1
"""Number of this module's rules; verdicts by others are forgotten."""

MOST_KEPT = 2000
LONGEST = 256 << 20
"""Bytes of a tokenizer.json; the largest known have some tens of millions."""

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


def tokenizer_difference(target: Path, draft: Path) -> str | None:
    """Why the draft's tokenizer does not mean the same by its tokens as the target's; None if it does.

    Args:
        target, draft: Each a tokenizer.json or a GGUF file.

    Raises:
        UnusableDraft: One of them is no tokenizer.
        OSError: One of them cannot be read.
    """
    ours, theirs = _checksum(target), _checksum(draft)
    if ours == theirs:
        return None
    verdict: str | None = _kept(f"{ours} {theirs}", lambda: _compare(target, draft))
    return verdict


def last_token(file: Path) -> tuple[int, str]:
    """The highest number of a tokenizer's tokens, and its text as it can be shown. Raises as above."""
    number, text = _kept(_checksum(file), lambda: _last(_tokenizer(file)))
    return number, text


def _last(tokenizer: Tokenizer) -> tuple[int, str]:
    text, number = max(tokenizer.get_vocab().items(), key=lambda entry: entry[1], default=("", -1))
    return number, _quoted(text)


def _kept(key: str, compute: Callable[[], Any]) -> Any:
    kept = _load()
    if key not in kept:
        result = compute()
        _save(dict(list(kept.items())[-MOST_KEPT + 1 :]) | {key: result})
        return result
    return kept[key]


def _compare(target: Path, draft: Path) -> str | None:
    # Neither is kept: each would hold a hundred megabytes of whatever process asks.
    ours, theirs = _tokenizer(target), _tokenizer(draft)
    return _vocabularies_differ(ours, theirs) or _splits_differ(ours, theirs)


def _vocabularies_differ(ours: Tokenizer, theirs: Tokenizer) -> str | None:
    our_texts = {token: text for text, token in ours.get_vocab().items()}
    their_texts = {token: text for text, token in theirs.get_vocab().items()}
    shared = our_texts.keys() & their_texts.keys()
    differing = [token for token in shared if our_texts[token] != their_texts[token]]
    if not differing:
        return None
    first = min(differing)
    ours_there, theirs_there = _quoted(our_texts[first]), _quoted(their_texts[first])
    others = f", and {len(differing) - 1:,} more differ" if len(differing) > 1 else ""
    what = f"it is {theirs_there} there and {ours_there} in the target"
    return f"The draft's vocabulary differs at token {first:,}: {what}{others}."


def _splits_differ(ours: Tokenizer, theirs: Tokenizer) -> str | None:
    specials = [token.content for token in ours.get_added_tokens_decoder().values()]
    known = [special for special in specials if theirs.token_to_id(special) is not None]
    for text in (*PROBES, *(f"before{special}after" for special in known)):
        if ours.encode(text, add_special_tokens=False).ids != theirs.encode(text, add_special_tokens=False).ids:
            return f"The draft's tokenizer splits text differently, for example {text!r}."
    return None


def _quoted(text: str) -> str:
    """A token as it can be shown: signs that cannot be seen are written out."""
    short = text if len(text) <= 40 else f"{text[:40]}…"
    return "`" + short.encode("unicode_escape").decode() + "`" if not short.isprintable() else f"`{short}`"


def _tokenizer(file: Path) -> Tokenizer:
    from tokenizers import Tokenizer  # Only now: the window imports this module before it shows.

    if file.suffix == GGUF:
        return Tokenizer.from_str(_text_of_gguf(file))
    if file.stat().st_size > LONGEST:
        raise UnusableDraft(f"{file} is absurdly large for a tokenizer.", "Choose another model.")
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # The library raises no narrower class.
        raise UnusableDraft(f"{file} is not a tokenizer: {error}.", "Download the model again.") from error


def _text_of_gguf(file: Path) -> str:
    """What tokenizer.json would hold. Raises UnusableModel."""
    return json.dumps(read_tokenizer(file)[0])


def _checksum(file: Path) -> str:
    status = file.stat()
    # The time of change is the system's own and cannot be set back, as that of writing can.
    return _checksum_of(file, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@lru_cache(maxsize=1024)
def _checksum_of(file: Path, *_: int) -> str:
    if file.suffix == GGUF:
        return hashlib.sha256(_text_of_gguf(file).encode()).hexdigest()
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _load() -> dict[str, Any]:
    try:
        content = json.loads((user_data() / VERDICTS).read_bytes())
    except (OSError, ValueError):  # Missing or damaged: the tokenizers are compared anew.
        return {}
    match content:
        case {"rules": rules, "verdicts": dict(verdicts)} if rules == RULES:
            return verdicts
        case _:
            return {}


def _save(verdicts: dict[str, Any]) -> None:
    file = user_data() / VERDICTS
    fresh = file.with_name(f"{VERDICTS}.{os.getpid()}")
    try:
        fresh.write_text(json.dumps({"rules": RULES, "verdicts": verdicts}), "utf-8")
        fresh.replace(file)
    except OSError:  # Then they are compared again the next time, with the same result.
        fresh.unlink(missing_ok=True)
