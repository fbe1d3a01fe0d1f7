"""The person's choices, as one TOML file that a person can read and mend."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import tomli_w
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from app.language import tr
from app.settings.plan_settings import NOTHING_SET, PlanSettings
from app.style.theme import Appearance
from core.errors import BadRequest
from core.sampling.settings import Sampling
from core.updates.check import DEFAULT_URL

VERSION = 1

PLANS = 64
"""Models whose plans are remembered, those that were set last."""


class SettingsFileUnreadable(BadRequest):
    """The settings file is not one of ours; it was put aside."""


class WindowLayout(BaseModel):
    """Size and place of the window, and its docks, as Qt writes them down; empty before the first end."""

    geometry: Base64Bytes = b""
    docks: Base64Bytes = b""


class Settings(BaseModel):
    """Everything that is remembered between starts.

    Attributes:
        language: A key of `app.language.LANGUAGES`; takes effect at the next start.
        random_seed: A new seed for each reply; else `seed`.
        max_new_tokens: None for as many as the context holds.
        trees_kept: MiB that the trees of all replies may take on disk; 0 keeps none.
        target, draft: Folders chosen last. `draft` None is the suggested one, `no_draft` is without.
        folders: Model folders that the person added.
        plans: What was set for the plans of models, by their folder; without those of which nothing was.
        welcomed: Whether the pages of the first start were seen.
        updates, update_url, update_key, updates_looked: As in `app.updates.watch.Wishes`.
    """

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    version: int = VERSION
    appearance: Appearance = Appearance.SYSTEM
    motion: bool = True
    language: Literal["", "en", "zh_CN"] = ""
    temperature: Annotated[float, Field(ge=0, le=10)] = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Field(ge=0)] = 0
    min_p: Annotated[float, Field(ge=0, lt=1)] = 0.0
    repetition_penalty: Annotated[float, Field(gt=0, le=10)] = 1.0
    random_seed: bool = True
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 7
    max_new_tokens: Annotated[int, Field(ge=1)] | None = None
    system_prompt: str = ""
    trees_kept: Annotated[int, Field(ge=0, le=1 << 20)] = 256
    target: Path | None = None
    draft: Path | None = None
    no_draft: bool = False
    folders: list[Path] = []
    plans: dict[str, PlanSettings] = {}
    window: WindowLayout = WindowLayout()
    welcomed: bool = False
    updates: bool = False
    update_url: str = DEFAULT_URL
    update_key: str = ""
    updates_looked: Annotated[float, Field(ge=0)] = 0.0

    def plan_of(self, model: Path) -> PlanSettings:
        """What was set for the plan of a model."""
        return self.plans.get(str(model), NOTHING_SET)

    def plans_with(self, model: Path, settings: PlanSettings) -> dict[str, PlanSettings]:
        """All that was set for plans, with what is set for this one."""
        others = {name: kept for name, kept in self.plans.items() if name != str(model)}
        if settings == NOTHING_SET:
            return others
        return dict([*others.items(), (str(model), settings)][-PLANS:])

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
            tr("The settings in {file} cannot be read: {strerror}.", file=file, strerror=error.strerror),
            tr("Defaults are in use."),
        ) from error
    except UnicodeDecodeError:
        text = "\N{REPLACEMENT CHARACTER}"  # which is no TOML, and is told as such
    try:
        settings = Settings.model_validate(tomllib.loads(text))
        if settings.version == VERSION:
            return settings
        problem = tr(
            "is of version {version}, and this Penjing knows version {known}", version=settings.version, known=VERSION
        )
    except tomllib.TOMLDecodeError as error:
        problem = tr("cannot be read ({error})", error=error)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or tr("the file")
        problem = tr("cannot be read ({where}: {first})", where=where, first=first["msg"])
    aside = file.with_name(f"{file.stem}.unreadable{file.suffix}")
    file.replace(aside)
    raise SettingsFileUnreadable(
        tr("The settings file {problem}.", problem=problem),
        tr("Defaults are in use; the old file is {aside}.", aside=aside),
    )


def chosen_language(file: Path) -> str:
    """The language in `file`, which is needed before anything is said; empty if the file does not tell."""
    try:
        return Settings.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).language
    except (OSError, ValueError):
        return ""


def save_settings(settings: Settings, file: Path) -> None:
    """Write the settings so that the file is always either the old one or the new one, whole.

    Raises:
        OSError: The disk is full or read-only; the old file is untouched.
    """
    fresh = file.with_name(file.name + ".new")
    with fresh.open("w", encoding="utf-8") as stream:
        stream.write(tomli_w.dumps(settings.model_dump(mode="json", exclude_none=True)))
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
