"""Finds the models that are on this computer: the demo pair, downloads, folders the person added, Hugging Face's cache.

Never uses the network and copies nothing. A model that cannot be used is listed with the reason rather than left out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.errors import UnusableModel
from core.hub.facts import Facts, KeptFacts, fingerprint, read_facts
from core.locations import DEMO_DRAFT, DEMO_TARGET, models_folder
from core.models.checkpoint import model_name, open_checkpoint
from core.models.gguf.model import gguf_models, holds_safetensors
from core.models.spec import ModelSpec


@dataclass(frozen=True)
class InstalledModel:
    """A model on this computer.

    Attributes:
        folder: That it lies in; or its (first) GGUF file, where other models lie in the same folder.
        name: The folder's or the file's name or, of downloads and in the Hugging Face cache, "owner/name".
        facts: None if it cannot be used; then `problem` says why and what to do.
        origin: "bundled", "download", "folder" or "cache".
    """

    folder: Path
    name: str
    facts: Facts | None
    problem: str | None
    origin: str

    @property
    def place(self) -> Path:
        """The folder that it lies in."""
        return self.folder.parent if self.folder.is_file() else self.folder

    @cached_property
    def spec(self) -> ModelSpec | None:
        """The whole of what the folder says, read when it is first needed; None if the model cannot be used.

        Raises:
            UnusableModel: The folder has changed since it was listed, and can no longer be used.
        """
        return open_checkpoint(self.folder) if self.facts is not None else None


def installed_models(folders: Sequence[Path] = ()) -> list[InstalledModel]:
    """Every model on this computer, each once: the demo pair first, then downloads, `folders`, and the cache.

    Args:
        folders: What the person added: model folders, or folders of model folders.
    """
    found = [(folder, "bundled") for folder in (DEMO_TARGET, DEMO_DRAFT) if _models_at(folder)]
    found += [(model, "download") for model in _downloaded(models_folder())]
    found += [(model, "folder") for folder in folders for model in _models_in(folder)]
    found += [(snapshot, "cache") for snapshot in _cached_snapshots(cache_folder())]
    kept = KeptFacts()
    unique: dict[Path, InstalledModel] = {}
    for folder, origin in found:
        if folder.resolve() not in unique:
            unique[folder.resolve()] = _installed(folder, origin, kept)
    with contextlib.suppress(OSError):  # Then the next listing takes longer, and is as right.
        kept.save()
    return list(unique.values())


def watched_folders(folders: Sequence[Path] = ()) -> list[Path]:
    """The folders in which models come and go."""
    downloads = models_folder()
    roots = [downloads, *_visible(downloads), cache_folder(), *folders]
    return [folder for folder in roots if folder.is_dir()]


def cache_folder() -> Path:
    """Where Hugging Face's programs keep models."""
    from huggingface_hub import constants  # Only now: the window imports this module before it shows.

    return Path(constants.HF_HUB_CACHE)


def _installed(folder: Path, origin: str, kept: KeptFacts) -> InstalledModel:
    name = _name(folder, origin)
    now = fingerprint(folder)
    facts = kept.get(folder, now)
    if facts is None:
        try:
            facts = read_facts(open_checkpoint(folder))
        except UnusableModel as error:
            return InstalledModel(folder, name, None, str(error), origin)
    kept.put(folder, now, facts)
    return InstalledModel(folder, name, facts, None, origin)


def _name(path: Path, origin: str) -> str:
    """The name of a model that is a folder, or a file among others."""
    named = {"cache": _cached_name, "download": _downloaded_name}.get(origin)
    if named is None or path.parent == models_folder():
        return model_name(path)
    return f"{named(path.parent)}/{model_name(path)}" if path.is_file() else named(path)


def _models_at(folder: Path) -> list[Path]:
    """The folder itself, if it holds one model; the first files of GGUF models beside each other or beside another."""
    try:
        files = gguf_models(folder)
        if (folder / "config.json").is_file() and holds_safetensors(folder):
            return [folder, *files]
    except OSError:  # Not ours to look into. Where the person named it, opening it says so.
        return []
    return files if len(files) > 1 else [folder] * len(files)


def _models_in(folder: Path) -> list[Path]:
    """The models in a folder and in the folders in it; the folder if there are none, so that its problem is told."""
    own = _models_at(folder)
    if folder in own and (folder / "config.json").exists():
        return own
    others = [model for child in _children(folder) for model in _models_at(child)]
    if others and own == [folder]:
        own = gguf_models(folder)
    return own + others or [folder]


def _children(folder: Path) -> list[Path]:
    """What lies in a folder; nothing if it may not be read: then it holds no model that Penjing could open."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _visible(folder: Path) -> list[Path]:
    return [child for child in _children(folder) if not child.name.startswith(".") and child.is_dir()]


def _downloaded(models: Path) -> Iterator[Path]:
    """models/OWNER/NAME, and what a person has put beside."""
    with contextlib.suppress(OSError):
        yield from gguf_models(models)
    for owner in _visible(models):
        yield from _models_at(owner) or (model for folder in _visible(owner) for model in _models_at(folder))


def _downloaded_name(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def _cached_snapshots(cache: Path) -> Iterator[Path]:
    """For each model repository in the Hugging Face cache the revision `main`, or else the newest one."""
    for repository in _children(cache):
        if repository.name.startswith("models--"):
            snapshots = [folder for folder in _children(repository / "snapshots") if _models_at(folder)]
            main = _main_revision(repository)
            if snapshots:
                yield from _models_at(max(snapshots, key=lambda folder: (folder.name == main, folder.stat().st_mtime)))


def _main_revision(repository: Path) -> str | None:
    try:
        return (repository / "refs" / "main").read_text("utf-8").strip()
    except OSError:  # A revision fetched by its hash has no such file.
        return None


def _cached_name(snapshot: Path) -> str:
    """ "owner/name" of cache/models--owner--name/snapshots/revision."""
    return snapshot.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
