"""What a person set for one chat alone: how its replies are chosen, and which models write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.language import tr
from app.settings.settings import Settings

REPLY_FIELDS = (
    "system_prompt",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "random_seed",
    "seed",
    "max_new_tokens",
)
"""The general settings that a chat can have of its own."""


@dataclass(frozen=True)
class Pair:
    """Folders of a target and its draft; None is no draft."""

    target: Path
    draft: Path | None

    @property
    def words(self) -> str:
        """Both by name: "big ← small"."""
        return (
            f"{self.target.name} ← {self.draft.name}"
            if self.draft is not None
            else tr("{name}, no draft", name=self.target.name)
        )


@dataclass(frozen=True)
class ChatSettings:
    """A chat's own settings.

    Attributes:
        reply: Values of REPLY_FIELDS; what is not there is as in general.
        pair: The models that write its replies; None is whichever are loaded.
    """

    reply: dict[str, Any] = field(default_factory=dict)
    pair: Pair | None = None

    def over(self, general: Settings) -> Settings:
        """The general settings with the chat's own in their places."""
        return general.model_copy(update=self.reply)

    def to_data(self) -> dict[str, Any]:
        """As plain JSON data."""
        data = dict(self.reply)
        if self.pair is not None:
            data["target"] = str(self.pair.target)
            data["draft"] = str(self.pair.draft) if self.pair.draft is not None else None
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> ChatSettings:
        """What `to_data` gave; values that cannot be are as in general."""
        pair = None
        if isinstance(data.get("target"), str):
            draft = data.get("draft")
            pair = Pair(Path(data["target"]), Path(draft) if isinstance(draft, str) else None)
        return cls(usable_reply(data), pair)


def usable_reply(data: dict[str, Any]) -> dict[str, Any]:
    """The values of REPLY_FIELDS that are valid."""
    usable: dict[str, Any] = {}
    for name in REPLY_FIELDS:
        if name in data:
            try:
                usable[name] = getattr(Settings.model_validate({name: data[name]}), name)
            except ValidationError:
                continue
    return usable


def reply_of(settings: Settings) -> dict[str, Any]:
    """All REPLY_FIELDS as they are in general."""
    return {name: getattr(settings, name) for name in REPLY_FIELDS}
