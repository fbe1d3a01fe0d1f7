"""Renders a conversation with the chat template of a model, as Hugging Face does.

Templates come from model folders and are not trusted: they run in jinja2's immutable sandbox and see only strings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.chat.message import Message
from core.errors import UnusableModel

TEMPLATE_FAULTS = (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError)
"""What a faulty template raises: its own kinds, and those of the Python expressions in it."""


class ChatTemplate:
    """A compiled chat template.

    Args:
        source: The template's text.
        model: Name of the model, for messages.
        tokens: What the template sees besides the conversation: `bos_token`, `eos_token` and so on.

    Raises:
        UnusableModel: The template is not valid.
    """

    def __init__(self, source: str, model: str, tokens: Mapping[str, str]) -> None:
        self._model = model
        self._tokens = dict(tokens)
        try:
            self._template = _environment().from_string(source)
        except TEMPLATE_FAULTS as fault:
            raise UnusableModel(
                f"The chat template of {model} is not valid: {fault}.",
                "Download the model again, or mend its chat_template.jinja.",
            ) from fault

    def render(self, messages: Sequence[Message]) -> str:
        """The conversation as the model was taught to see it, up to where the assistant's next turn begins.

        A last turn that is the assistant's own is to be continued: it follows where that turn begins, and stays open.

        Raises:
            UnusableModel: The template refuses the conversation or fails on it.
        """
        said, begun = split_begun(messages)
        turns = [{"role": message.role, "content": message.content} for message in said]
        try:
            prompt = self._template.render(
                messages=turns, tools=None, documents=None, add_generation_prompt=True, **self._tokens
            )
            return prompt + begun
        except _Refused as refusal:
            raise UnusableModel(
                f"The chat template of {self._model} refuses this conversation: {refusal}.",
                "Start a new chat, with the roles that the model knows.",
            ) from refusal
        except TEMPLATE_FAULTS as fault:
            raise UnusableModel(
                f"The chat template of {self._model} failed: {fault}.",
                "Use raw prompts with this model, or mend its chat_template.jinja.",
            ) from fault


def split_begun(messages: Sequence[Message]) -> tuple[Sequence[Message], str]:
    """The turns that are complete, and the text of an assistant's turn after them that is to be continued."""
    if messages and messages[-1].role == "assistant":
        return messages[:-1], messages[-1].content
    return messages, ""


class _Refused(jinja2.TemplateError):
    """The template called `raise_exception`."""


class _Generation(Extension):
    """Lets `{% generation %}` blocks, which mark the assistant's words for training, through as they are."""

    tags = {"generation"}  # noqa: RUF012 (jinja2 declares it so)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Namespace(jinja2.utils.Namespace):
    """jinja2's `namespace`, without names that could stand for Python's internals."""

    def __init__(*args: Any, **values: Any) -> None:
        self, *rest = args
        for name in dict(*rest, **values):
            _refuse_internal(name)
        jinja2.utils.Namespace.__init__(self, *rest, **values)

    def __setitem__(self, name: str, value: Any) -> None:
        _refuse_internal(name)
        super().__setitem__(name, value)


def _refuse_internal(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise jinja2.exceptions.SecurityError(f"a namespace may not hold {name!r}")


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _to_json
    environment.globals.update(
        raise_exception=_raise_exception, strftime_now=_strftime_now, namespace=_Namespace, dict=_dict
    )
    return environment


def _raise_exception(message: str) -> NoReturn:
    raise _Refused(message)


def _strftime_now(pattern: str) -> str:
    return datetime.now().strftime(pattern)


def _dict(*args: Any, **values: Any) -> dict[Any, Any]:
    return dict(*args, **values)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """jinja2's own filter escapes HTML; models were trained on plain JSON."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
