"""A chat file, and small tokenizers of the three kinds that models come with, built from a few lines of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from core.chat.store import ChatStore

TEXTS = [
    "Join two or more pathname components, inserting '/' as needed.",
    "Push item onto heap, maintaining the heap invariant.",
    "Größe, façade, 漢字かな交じり文, привет мир, 😀😁🌲, שלום.",
    "for index in range(10):\n    print(index)\n",
] * 4

TEMPLATE = """\
{{- bos_token }}
{%- for message in messages %}
    {%- if message.role not in ["user", "assistant", "system"] %}
        {{- raise_exception("Unknown role " + message.role) }}
    {%- endif %}
    {% generation %}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + '<|im_end|>\\n' }}
    {% endgeneration %}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

SPECIAL = ["<|begin|>", "<|im_start|>", "<|im_end|>"]


def _byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin|> $A", pair="<|begin|> $A $B", special_tokens=[("<|begin|>", 0)]
    )
    return tokenizer


def _byte_fallback() -> Tokenizer:
    """As Llama 2: spaces are spelled out, and what the vocabulary lacks is spelled in byte tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator([text for text in TEXTS if text.isascii()], trainer)
    content: dict[str, Any] = json.loads(tokenizer.to_str())
    vocabulary = content["model"]["vocab"]
    for byte in range(256):
        vocabulary[f"<0x{byte:02X}>"] = len(vocabulary)
    content["model"]["byte_fallback"] = True
    return Tokenizer.from_str(json.dumps(content))


def _metaspace() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=[*SPECIAL, "<unk>"], show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


KINDS = {"byte level": _byte_level, "byte fallback": _byte_fallback, "metaspace": _metaspace}


def _write(folder: Path, tokenizer: Tokenizer) -> Path:
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": {"__type": "AddedToken", "content": "<|begin|>", "special": True},
        "eos_token": "<|im_end|>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


@pytest.fixture(scope="session")
def tokenizer_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model folder for each kind of tokenizer; not to be written to."""
    root = tmp_path_factory.mktemp("tokenizers")
    return {kind: _write(root / kind.replace(" ", "-"), build()) for kind, build in KINDS.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder with a byte-level tokenizer that a test may change."""
    return _write(tmp_path / "some-model", _byte_level())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a chat file may be."""
    return tmp_path / "chats.sqlite"


@pytest.fixture
def store(file: Path) -> Iterator[ChatStore]:
    with closing(ChatStore(file)) as store:
        yield store
