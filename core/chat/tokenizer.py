"""Text to tokens and back, for the model in a folder, by its tokenizer.json or its GGUF file alone: no torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import tokenizers

from core.chat.message import Message
from core.chat.template import ChatTemplate, split_begun
from core.chat.text_stream import TextStream
from core.errors import UnusableModel
from core.models.gguf.model import find_gguf
from core.models.gguf.tokenizer import read_tokenizer

TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<|eot|>", "<end_of_turn>", "<|end_of_turn|>", "<|endoftext|>")
"""Tokens that end a turn whatever the configuration says. Not "<|end|>", which ends only a part of gpt-oss's turns."""


class Tokenizer:
    """The tokenizer and chat template of a model folder.

    Attributes:
        stop_ids: Every token that ends a reply: what the configuration files name, and turn ends of the vocabulary.

    Raises:
        UnusableModel: tokenizer.json is missing or corrupt, or a configuration file beside it is.
    """

    def __init__(self, folder: Path) -> None:
        gguf = find_gguf(folder)
        self._folder = gguf.parent if gguf else folder
        if gguf and not (self._folder / "tokenizer.json").exists():
            described, self._settings = read_tokenizer(gguf)
            self._tokens = _made(json.dumps(described), f"The tokenizer in {gguf}")
        else:
            self._tokens = _load(self._folder / "tokenizer.json")
            self._settings = _read_json(self._folder / "tokenizer_config.json")
        self._added = self._tokens.get_added_tokens_decoder()
        self._special = {token for token, added in self._added.items() if added.special}
        self.stop_ids = self._find_stops()

    @property
    def vocabulary_size(self) -> int:
        """Entries of the vocabulary, added tokens included; a model's embedding may have more rows."""
        return self._tokens.get_vocab_size()

    def encode(self, text: str, special: bool = False) -> list[int]:
        """Token ids of `text`. Special tokens spelled out in the text become those tokens.

        Args:
            special: Also add what the tokenizer's post-processor puts around a text of its own, such as a token for
                the beginning. Raw prompts want that; text that continues other text does not.
        """
        return self._tokens.encode(text, add_special_tokens=special).ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens. Special tokens and unknown ids add nothing."""
        return self._tokens.decode(list(ids), skip_special_tokens=True)

    def piece(self, token: int) -> str:
        """What one token adds to a text, special tokens spelled out; for display."""
        once = self._tokens.decode([token], skip_special_tokens=False)
        # The first token of a text may lose its leading space; a second copy shows what it is elsewhere.
        return self._tokens.decode([token, token], skip_special_tokens=False)[len(once) :]

    def stream(self, after: Sequence[int] = ()) -> TextStream:
        """Starts the incremental decoding of one text, or of what continues a text that ends in the tokens `after`."""
        return TextStream(self.decode, self._spelling, after)

    def render(self, messages: Sequence[Message]) -> str:
        """The conversation as a prompt that ends where the assistant's next turn begins, or within it if the last
        message is the assistant's own.

        Without a chat template: "User: …" and "Assistant: …" paragraphs.

        Raises:
            UnusableModel: The chat template is invalid or refuses the conversation.
        """
        if self._template is not None:
            return self._template.render(messages)
        said, begun = split_begun(messages)
        turns = [f"{message.role.capitalize()}: {message.content}" for message in said]
        return "\n\n".join([*turns, "Assistant:"]) + begun

    def encode_chat(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of the rendered conversation. A chat template writes every special token itself, as it does for
        Hugging Face, so none is added to what it renders."""
        return self.encode(self.render(messages), special=self._template is None)

    def _find_stops(self) -> frozenset[int]:
        stops: set[int] = set()
        for name in ("generation_config.json", "config.json"):
            stops.update(_token_ids(_read_json(self._folder / name).get("eos_token_id"), name))
        stops.update(_token_ids(self._settings.get("eos_token_id"), "tokenizer_config.json"))
        end = self._tokens.token_to_id(self._named_tokens.get("eos_token", ""))
        if end is not None:
            stops.add(end)
        stops.update(token for token, added in self._added.items() if added.content in TURN_ENDS)
        return frozenset(stops)

    @cached_property
    def _template(self) -> ChatTemplate | None:
        source = _template_source(self._folder, self._settings)
        return None if source is None else ChatTemplate(source, self._folder.name, self._named_tokens)

    @cached_property
    def _named_tokens(self) -> dict[str, str]:
        """The tokens that tokenizer_config.json names: bos_token, eos_token and so on."""
        named = {}
        for name, value in self._settings.items():
            content = value.get("content") if isinstance(value, dict) else value
            if name.endswith("_token") and isinstance(content, str):
                named[name] = content
        return named

    def _spelling(self, token: int) -> str | None:
        return None if token in self._special else self._tokens.id_to_token(token)


def _load(file: Path) -> tokenizers.Tokenizer:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableModel(
            f"The tokenizer of {file.parent.name} cannot be read: {error}.",
            "Download the model again, tokenizer.json included.",
        ) from error
    return _made(text, f"tokenizer.json of {file.parent.name}")


def _made(text: str, what: str) -> tokenizers.Tokenizer:
    """The tokenizer that a tokenizer.json describes."""
    try:
        tokens = tokenizers.Tokenizer.from_str(text)
    except MemoryError:
        raise  # no fault of the file
    except Exception as error:  # the library raises nothing narrower
        raise UnusableModel(f"{what} is corrupt: {error}.", "Download the model again.") from error
    # Some checkpoints were saved with the cut and the padding of their training.
    tokens.no_truncation()
    tokens.no_padding()
    return tokens


def _read_json(file: Path) -> dict[str, Any]:
    """The object in a JSON file; empty if there is no such file."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UnusableModel(
            f"{file.name} of {file.parent.name} cannot be read: {error}.", "Download the model again."
        ) from error
    if not isinstance(content, dict):
        raise UnusableModel(f"{file.name} of {file.parent.name} holds no settings.", "Download the model again.")
    return content


def _token_ids(value: object, name: str) -> tuple[int, ...]:
    """Ids of `eos_token_id`, which is a number, a list of numbers or absent."""
    ids = tuple(value) if isinstance(value, list) else () if value is None else (value,)
    if not all(type(token) is int for token in ids):
        raise UnusableModel(f"eos_token_id in {name} is {value!r}, not a token id.", f"Mend {name}.")
    return ids


def _template_source(folder: Path, settings: dict[str, Any]) -> str | None:
    """The chat template: a file of its own before the one in tokenizer_config.json, of several the default one."""
    try:
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    except FileNotFoundError:
        template = settings.get("chat_template")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableModel(
            f"chat_template.jinja of {folder.name} cannot be read: {error}.", "Download the model again."
        ) from error
    if isinstance(template, list):
        template = {entry.get("name"): entry.get("template") for entry in template if isinstance(entry, dict)}
    if isinstance(template, dict):
        template = template.get("default")
    if template is None or isinstance(template, str):
        return template
    raise UnusableModel(f"The chat template of {folder.name} is not text.", "Download the model again.")
