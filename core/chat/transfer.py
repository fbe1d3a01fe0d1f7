"""Conversations as files: Markdown to read, JSON to keep and to bring back, and what other programs write."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.chat.attachment import attachments_of, quoted
from core.chat.conversation import StoredMessage, Transcript, shown_path, title_of
from core.errors import BadRequest

VERSION = 1
NAMES = {"user": "You", "assistant": "Penjing", "system": "System"}

T = TypeVar("T")
Role = Literal["system", "user", "assistant"]


class _Turn(BaseModel):
    """A turn in our own format. `id` and `parent` are numbers within the conversation."""

    model_config = ConfigDict(extra="ignore")

    id: int
    parent: int | None
    role: Role
    content: str
    shown: bool = True
    details: dict[str, Any] | None = None


class _Conversation(BaseModel):
    model_config = ConfigDict(extra="ignore")

    title: str
    created: datetime | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    turns: list[_Turn]


class _File(BaseModel):
    """Our own format."""

    model_config = ConfigDict(extra="ignore")

    format: Literal["penjing-conversations"]
    version: int
    conversations: list[_Conversation]


class _PlainTurn(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Role
    content: str


class _PlainConversation(BaseModel):
    """A list of roles and texts, as most programs write it."""

    model_config = ConfigDict(extra="ignore")

    title: str = ""
    messages: list[_PlainTurn] = Field(min_length=1)


def portable(transcript: Transcript) -> Transcript:
    """Without what means something on this computer only: where its models lie."""
    settings = {name: value for name, value in transcript.settings.items() if name not in ("target", "draft")}
    return replace(transcript, settings=settings)


def to_markdown(transcript: Transcript) -> str:
    """The turns that are shown, under headings."""
    parts = [f"# {transcript.title}"]
    prompt = transcript.settings.get("system_prompt")
    if prompt:
        parts += [f"## {NAMES['system']}", prompt]
    for message in shown_path(transcript.messages):
        parts += [f"## {NAMES[message.role]}", quoted(message.content, attachments_of(message.details)).strip("\n")]
    return "\n\n".join(parts) + "\n"


def to_json(transcripts: Iterable[Transcript]) -> str:
    """Everything, all alternatives among it, so that `from_json` brings back equal conversations."""
    file = _File(
        format="penjing-conversations",
        version=VERSION,
        conversations=[
            _Conversation(
                title=transcript.title,
                created=transcript.created,
                settings=transcript.settings,
                turns=[
                    _Turn(
                        id=message.id,
                        parent=message.parent,
                        role=message.role,  # type: ignore[arg-type]  # the store holds no other
                        content=message.content,
                        shown=message.shown,
                        details=message.details,
                    )
                    for message in transcript.messages
                ],
            )
            for transcript in transcripts
        ],
    )
    return file.model_dump_json(indent=2) + "\n"


def from_json(text: str) -> list[Transcript]:
    """The conversations in a file: ours, or one or several plain lists of `role` and `content`.

    Raises:
        BadRequest: It holds no conversation; the sentence says what is wrong with it.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _refusal(f"it is not JSON ({error})") from error
    if isinstance(content, dict) and content.get("format") == "penjing-conversations":
        return _ours(content)
    return _others(content)


def _ours(content: dict[str, Any]) -> list[Transcript]:
    if content.get("version") != VERSION:
        raise _refusal(f"it is of version {content.get('version')}, and this Penjing knows version {VERSION}")
    file = _validated(TypeAdapter(_File), content)
    transcripts = []
    for conversation in file.conversations:
        known: set[int | None] = {None}
        for turn in conversation.turns:
            if turn.parent not in known or turn.id in known:
                raise _refusal(f"turn {turn.id} of “{conversation.title}” does not follow an earlier one")
            known.add(turn.id)
        messages = tuple(
            StoredMessage(turn.id, turn.role, turn.content, turn.details, turn.parent, turn.shown)
            for turn in conversation.turns
        )
        transcripts.append(Transcript(conversation.title, messages, conversation.settings, conversation.created))
    return transcripts


def _others(content: Any) -> list[Transcript]:
    entries = content if isinstance(content, list) else [content]
    if entries and all(isinstance(entry, dict) and "role" in entry for entry in entries):
        entries = [{"messages": entries}]
    conversations = _validated(TypeAdapter(list[_PlainConversation]), entries)
    if not conversations:
        raise _refusal("it is empty")
    return [_plain(conversation) for conversation in conversations]


def _plain(conversation: _PlainConversation) -> Transcript:
    turns = conversation.messages
    # What begins a conversation here is a setting, not a turn.
    settings = {"system_prompt": turns[0].content} if turns[0].role == "system" else {}
    turns = turns[1:] if settings else turns
    first = next((turn.content for turn in turns if turn.role == "user"), "")
    messages = tuple(
        StoredMessage(number, turn.role, turn.content, None, number - 1 if number else None)
        for number, turn in enumerate(turns)
    )
    return Transcript(conversation.title or title_of(first) or "Imported chat", messages, settings)


def _validated(adapter: TypeAdapter[T], content: Any) -> T:
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _refusal(f"{where or 'the file'}: {first['msg']}") from error


def _refusal(reason: str) -> BadRequest:
    return BadRequest(
        f"There is no conversation in this file: {reason}.",
        "Choose a file that Penjing exported, or JSON with a list of messages that have a role and a content.",
    )
