"""Messages as lines of JSON: what crosses the pipe between the engine process and the others."""

from __future__ import annotations

import json
from typing import Any, get_args

from pydantic import TypeAdapter

from core.engine.messages import Command, Event

_KINDS = {kind.__name__: kind for kind in (*get_args(Command), *get_args(Event))}
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def adapter(kind: type) -> TypeAdapter[Any]:
    """The converter between a dataclass and JSON; made at first use and kept, for it takes milliseconds to make."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def to_jsonable(value: object) -> Any:
    """A dataclass as plain dicts, lists and numbers, for `--json` and files."""
    return adapter(type(value)).dump_python(value, mode="json")


def encode(message: Command | Event) -> bytes:
    """A message as one line."""
    kind = type(message)
    return json.dumps(kind.__name__).encode() + b"\t" + adapter(kind).dump_json(message) + b"\n"


def decode(line: bytes) -> Command | Event:
    """The message of one line. Raises ValueError if it is none."""
    name, _, body = line.partition(b"\t")
    kind = _KINDS.get(json.loads(name))
    if kind is None:
        raise ValueError(f"unknown message {name!r}")
    message: Command | Event = adapter(kind).validate_json(body)
    return message
