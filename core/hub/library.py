"""Finds the models that are on this computer: the demo pair, folders the person added, the Hugging Face cache.

Never uses the network. A model that cannot be used is listed with the reason rather than left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnusableModel
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.models.checkpoint import model_name, open_checkpoint
from core.models.spec import ModelSpec


@dataclass(frozen=True)
class InstalledModel:
    """A model folder on this computer.

    Attributes:
        name: The folder's name or, in the Hugging Face cache, "owner/name".
        spec: None if it cannot be used; then `problem` says why and what to do.
        origin: "bundled", "folder" or "cache".
    """

    folder: Path
    name: str
    spec: ModelSpec | None
    problem: str | None
    origin: str


def installed_models(folders: Sequence[Path] = ()) -> list[InstalledModel]:
    """Every model on this computer, each once: the demo pair first, then those in `folders`, then the cache.

    Args:
        folders: What the person added: model folders, or folders of model folders.
    """
    found = [(folder, "bundled") for folder in (DEMO_TARGET, DEMO_DRAFT) if _is_model(folder)]
    found += [(model, "folder") for folder in folders for model in _models_in(folder)]
    found += [(snapshot, "cache") for snapshot in _cached_snapshots()]
    unique: dict[Path, InstalledModel] = {}
    for folder, origin in found:
        if folder.resolve() not in unique:
            unique[folder.resolve()] = _installed(folder, origin)
    return list(unique.values())


def _installed(folder: Path, origin: str) -> InstalledModel:
    name = _repository(folder) if origin == "cache" else model_name(folder)
    try:
        return InstalledModel(folder, name, open_checkpoint(folder), None, origin)
    except UnusableModel as error:
        return InstalledModel(folder, name, None, str(error), origin)


def _is_model(folder: Path) -> bool:
    try:
        return (folder / "config.json").is_file()
    except OSError:  # Not ours to look into. Where the person named it, opening it says so.
        return False


def _models_in(folder: Path) -> list[Path]:
    """The folder itself, or the model folders in it; the folder if there are none, so that its problem is told."""
    if _is_model(folder):
        return [folder]
    return [child for child in _children(folder) if _is_model(child)] or [folder]


def _children(folder: Path) -> list[Path]:
    """What lies in a folder; nothing if it may not be read: then it holds no model that Penjing could open."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _cached_snapshots() -> Iterator[Path]:
    """For each model repository in the Hugging Face cache the revision `main`, or else the newest one."""
    from huggingface_hub import constants  # Only now: the window imports this module before it shows.

    for repository in _children(Path(constants.HF_HUB_CACHE)):
        if repository.name.startswith("models--"):
            snapshots = [folder for folder in _children(repository / "snapshots") if _is_model(folder)]
            main = _main_revision(repository)
            if snapshots:
                yield max(snapshots, key=lambda folder: (folder.name == main, folder.stat().st_mtime))


def _main_revision(repository: Path) -> str | None:
    try:
        return (repository / "refs" / "main").read_text("utf-8").strip()
    except OSError:  # A revision fetched by its hash has no such file.
        return None


def _repository(snapshot: Path) -> str:
    """ "owner/name" of cache/models--owner--name/snapshots/revision."""
    return snapshot.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
