"""Writes small tokenizer.json files of known vocabularies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace, WhitespaceSplit

WORDS = ("[unknown]", "<s>", "</s>", "fox", "dog", "path", "=", "name", "…", "-")


def write_tokenizer(
    folder: Path, words: Sequence[str] = WORDS, specials: Sequence[str] = (), *, split_signs: bool = True
) -> None:
    """A tokenizer that knows whole words; `specials` are cut out of a text before anything else."""
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(words)}, unk_token="[unknown]"))
    tokenizer.pre_tokenizer = Whitespace() if split_signs else WhitespaceSplit()
    tokenizer.add_special_tokens(list(specials))
    tokenizer.save(str(folder / "tokenizer.json"))
