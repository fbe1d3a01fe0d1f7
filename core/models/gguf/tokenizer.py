"""The tokenizer in a GGUF file, in the terms of tokenizer.json and tokenizer_config.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import UnusableModel
from core.models.gguf.header import read_gguf

UNKNOWN, CONTROL, USER_DEFINED = 2, 3, 4
"""Types of tokens."""

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

_CASES = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s|%s|"
    r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Words with capitals at their beginning alone."""

_ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_DIGITS = {"type": "Digits", "individual_digits": True}


def _split(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


WORDS: Mapping[str, Sequence[dict[str, Any]]] = {
    "gpt-2": (_split(GPT2),),
    "llama-bpe": (_split(_WORDS % r"\p{N}{1,3}"),),
    "dbrx": (_split(_WORDS % r"\p{N}{1,3}"),),
    "qwen2": (_split(_WORDS % r"\p{N}"),),
    "gpt-4o": (_split(_CASES % (_ENDINGS, _ENDINGS, r"\p{N}{1,3}")),),
    "tekken": (_split(_CASES % ("", "", r"\p{N}")),),
    "olmo": (_split(GPT2),),
    "smollm": (_DIGITS, _split(GPT2)),
    "starcoder": (_DIGITS, _split(GPT2)),
    "refact": (_DIGITS, _split(GPT2)),
    "command-r": (_DIGITS, _split(GPT2)),
}
"""How texts are cut before pairs of bytes are merged, by `tokenizer.ggml.pre`."""

_NORMAL_FORM = {"qwen2": {"type": "NFC"}}

_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}


def read_tokenizer(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What tokenizer.json and tokenizer_config.json would hold, of the (first) file of a model.

    Raises:
        UnusableModel: The file has no tokenizer, or one of an unknown kind.
    """
    entries = read_gguf(file).entries
    found = _Vocabulary(file, entries)
    kind = entries.get("tokenizer.ggml.model")
    if kind == "gpt2":
        described = _byte_pairs(found, entries.get("tokenizer.ggml.pre", ""))
    elif kind == "llama":
        described = _sentence_pieces(found, entries.get("tokenizer.ggml.add_space_prefix", True) is True)
    else:
        raise _unreadable(file, f"of the kind {kind!r}")
    described |= {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(found.added())}
    described["post_processor"] = _beginning(found, entries.get("tokenizer.ggml.add_bos_token", kind == "llama"))
    settings: dict[str, Any] = {}
    for name in ("bos", "eos", "unknown", "padding"):
        token = entries.get(f"tokenizer.ggml.{name}_token_id")
        if type(token) is int and 0 <= token < len(found.tokens):
            settings[f"{name}_token"] = found.tokens[token]
    ends = [entries.get(f"tokenizer.ggml.{name}_token_id") for name in ("eos", "eot", "eom")]
    settings["eos_token_id"] = [token for token in ends if type(token) is int]
    if isinstance(entries.get("tokenizer.chat_template"), str):
        settings["chat_template"] = entries["tokenizer.chat_template"]
    return described, settings


class _Vocabulary:
    """Tokens and what belongs to each, checked to be as many of all."""

    def __init__(self, file: Path, entries: Mapping[str, Any]) -> None:
        self.file = file
        self.tokens = self._texts(entries, "tokens")
        self.types = entries.get("tokenizer.ggml.token_type") or [1] * len(self.tokens)
        self.scores = entries.get("tokenizer.ggml.scores") or [0.0] * len(self.tokens)
        self.pairs = self._texts(entries, "merges") if "tokenizer.ggml.merges" in entries else []
        self.begin = entries.get("tokenizer.ggml.bos_token_id")
        if not self.tokens:
            raise _unreadable(file, "without tokens")
        for what in (self.types, self.scores):
            if not isinstance(what, list) or len(what) != len(self.tokens):
                raise _unreadable(file, "with other numbers of tokens, types and scores")

    def _texts(self, entries: Mapping[str, Any], name: str) -> list[str]:
        texts = entries.get(f"tokenizer.ggml.{name}", [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise _unreadable(self.file, f"whose {name} are no texts")
        return texts

    def ids(self) -> dict[str, int]:
        """The tokens' numbers; of equal texts the first's."""
        table: dict[str, int] = {}
        for token, text in enumerate(self.tokens):
            table.setdefault(text, token)
        return table

    def added(self) -> Iterator[dict[str, Any]]:
        """Tokens that are no part of words."""
        for token, (text, kind) in enumerate(zip(self.tokens, self.types, strict=True)):
            if kind in (CONTROL, UNKNOWN, USER_DEFINED) and text:
                plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
                yield {"id": token, "content": text, "special": kind != USER_DEFINED, **plain}


def _byte_pairs(found: _Vocabulary, cut: Any) -> dict[str, Any]:
    if cut not in WORDS:
        raise _unreadable(found.file, f"that cuts texts as {cut!r}")
    merges = [pair.split(" ") for pair in found.pairs]
    if any(len(pair) != 2 for pair in merges):
        raise _unreadable(found.file, "whose merges are no pairs")
    model = {"type": "BPE", "vocab": found.ids(), "merges": merges, "ignore_merges": cut in ("llama-bpe", "tekken")}
    return {
        "normalizer": _NORMAL_FORM.get(cut),
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*WORDS[cut], _BYTES]},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": model | {"dropout": None, "unk_token": None, "fuse_unk": False, "byte_fallback": False},
    }


def _sentence_pieces(found: _Vocabulary, space_before: bool) -> dict[str, Any]:
    """Pieces are merged by the score of what they become."""
    ids = found.ids()
    merges = []
    for text, token in ids.items():
        if found.types[token] == 1:
            merges += [
                (-found.scores[token], token, ids[text[:place]], text[:place], text[place:])
                for place in range(1, len(text))
                if text[:place] in ids and text[place:] in ids
            ]
    unknown = next((text for text, kind in zip(found.tokens, found.types, strict=True) if kind == UNKNOWN), None)
    spaces: list[dict[str, Any]] = [{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]
    back: list[dict[str, Any]] = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}]
    back += [{"type": "ByteFallback"}, {"type": "Fuse"}]
    if space_before:
        spaces.insert(0, {"type": "Prepend", "prepend": "▁"})
        back.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    model = {"type": "BPE", "vocab": ids, "merges": [list(pair[-2:]) for pair in sorted(merges)]}
    return {
        "normalizer": {"type": "Sequence", "normalizers": spaces},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": back},
        "model": model | {"dropout": None, "unk_token": unknown, "fuse_unk": True, "byte_fallback": True},
    }


def _beginning(found: _Vocabulary, added: Any) -> dict[str, Any] | None:
    """What is put before a text of its own."""
    if added is not True or type(found.begin) is not int or not 0 <= found.begin < len(found.tokens):
        return None
    text = found.tokens[found.begin]
    begin, single = {"SpecialToken": {"id": text, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    return {
        "type": "TemplateProcessing",
        "single": [begin, single],
        "pair": [begin, single, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {text: {"id": text, "ids": [found.begin], "tokens": [text]}},
    }


def _unreadable(file: Path, why: str) -> UnusableModel:
    return UnusableModel(
        f"{file} holds a tokenizer {why}, which Penjing cannot read.",
        "Put the tokenizer.json of the original model beside it.",
    )
