"""The person's choices, as one JSON file that a person can read and mend."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.style.theme import Appearance
from core.errors import BadRequest
from core.sampling.settings import Sampling

VERSION = 1


class SettingsFileUnreadable(BadRequest):
    """The settings file is not one of ours; it was put aside."""


class Settings(BaseModel):
    """Everything that is remembered between starts, save the window's geometry.

    Attributes:
        random_seed: A new seed for each reply; else `seed`.
        max_new_tokens: None for as many as the context holds.
        target, draft: Folders chosen last. `draft` None is the suggested one, `no_draft` is without.
        folders: Model folders that the person added.
    """

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    version: int = VERSION
    appearance: Appearance = Appearance.SYSTEM
    motion: bool = True
    temperature: Annotated[float, Field(ge=0, le=10)] = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Field(ge=0)] = 0
    min_p: Annotated[float, Field(ge=0, lt=1)] = 0.0
    repetition_penalty: Annotated[float, Field(gt=0, le=10)] = 1.0
    random_seed: bool = True
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 7
    max_new_tokens: Annotated[int, Field(ge=1)] | None = None
    system_prompt: str = ""
    target: Path | None = None
    draft: Path | None = None
    no_draft: bool = False
    folders: list[Path] = []

    def sampling(self, seed: int) -> Sampling:
        """The sampling settings of a reply that uses `seed`."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            min_p=self.min_p,
            repetition_penalty=self.repetition_penalty,
            seed=seed,
        )


def load_settings(file: Path) -> Settings:
    """The settings in `file`, or the defaults if there is none yet.

    Raises:
        SettingsFileUnreadable: The file cannot be used. It now lies beside itself under another name, so that the
            defaults can be saved without losing it.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsFileUnreadable(
            f"The settings in {file} cannot be read: {error.strerror}.", "Defaults are in use."
        ) from error
    except UnicodeDecodeError:
        text = ""
    try:
        settings = Settings.model_validate_json(text)
        if settings.version == VERSION:
            return settings
        problem = f"is of version {settings.version}, and this Penjing knows version {VERSION}"
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        problem = f"cannot be read ({where}: {first['msg']})"
    aside = file.with_name(f"{file.stem}.unreadable{file.suffix}")
    file.replace(aside)
    raise SettingsFileUnreadable(f"The settings file {problem}.", f"Defaults are in use; the old file is {aside}.")


def save_settings(settings: Settings, file: Path) -> None:
    """Write the settings so that the file is always either the old one or the new one, whole.

    Raises:
        OSError: The disk is full or read-only; the old file is untouched.
    """
    fresh = file.with_name(file.name + ".new")
    with fresh.open("w", encoding="utf-8") as stream:
        stream.write(settings.model_dump_json(indent=2) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
