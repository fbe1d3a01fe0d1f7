"""Removes a model from this computer: what Penjing downloaded, or an entry of Hugging Face's cache by its own rules.

What Penjing has made of it, so that it drafts for itself, goes with it. Nothing else outside the model's own entry is
touched, whatever links lie in it; folders of the person's are never removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import NotRemoved
from core.hub.download import STAGING
from core.hub.library import InstalledModel
from core.hub.self_drafts import self_drafts_of
from core.locations import models_folder
from core.models.gguf.model import files_of

if TYPE_CHECKING:
    from huggingface_hub import CachedRepoInfo, HFCacheInfo

CHECK = "Check that no program uses it and that you may remove it."


def removable_bytes(model: InstalledModel) -> int:
    """What removing a model would free.

    Raises:
        NotRemoved: It is not Penjing's to remove.
    """
    match model.origin:
        case "download" if model.folder.is_file():
            own = sum(file.stat().st_size for file in files_of(_own(model)))
        case "download":
            own = _bytes_in(_own(model))
        case "cache":
            own = _cached(model)[1].size_on_disk
        case _:
            raise _not_ours(model)
    return own + sum(_bytes_in(folder) for folder in self_drafts_of(model.folder))


def remove(model: InstalledModel) -> None:
    """Remove a model for good.

    Raises:
        NotRemoved: It is not Penjing's to remove, or the system refuses.
    """
    try:
        match model.origin:
            case "download" if model.folder.is_file():
                for file in files_of(_own(model)):
                    file.unlink()
            case "download":
                _remove_own(_own(model))
            case "cache":
                cache, repository = _cached(model)
                commits = [revision.commit_hash for revision in repository.revisions]
                # All revisions together make the library delete the one folder of the entry, without following links.
                cache.delete_revisions(*commits).execute()
                if repository.repo_path.exists():
                    raise NotRemoved(f"The cache entry {repository.repo_path} could not be removed.", CHECK)
            case _:
                raise _not_ours(model)
        for folder in self_drafts_of(model.folder):
            shutil.rmtree(folder)
    except OSError as error:
        raise NotRemoved(f"{model.name} could not be removed: {error.strerror}.", CHECK) from error


def _own(model: InstalledModel) -> Path:
    """The folder of a download, or a file in one, sure to lie where downloads lie, links considered."""
    folder, models = model.folder, models_folder()
    if folder.is_symlink() or not folder.parent.resolve().is_relative_to(models.resolve()):
        raise NotRemoved(f"{folder} is a link to somewhere else.", "Remove the link by hand.")
    if folder.resolve() == models.resolve():
        raise _not_ours(model)
    return folder


def _remove_own(folder: Path) -> None:
    """First out of sight by one renaming, so that half a model is never listed."""
    gone = models_folder() / STAGING / f"{folder.parent.name}--{folder.name}+gone"
    gone.parent.mkdir(exist_ok=True)
    if gone.exists():
        shutil.rmtree(gone)
    folder.replace(gone)
    shutil.rmtree(gone)
    if folder.parent != models_folder():
        with contextlib.suppress(OSError):  # It holds other models of the same owner.
            folder.parent.rmdir()


def _cached(model: InstalledModel) -> tuple[HFCacheInfo, CachedRepoInfo]:
    """The cache, and the entry in it that a snapshot belongs to."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    if model.folder.is_file():
        raise NotRemoved(
            f"{model.name} shares its entry in Hugging Face's cache with other models.", "Remove it with `hf cache`."
        )
    entry = model.folder.parent.parent
    if entry.is_symlink():
        raise NotRemoved(f"{entry} is a link to somewhere else.", "Remove the link by hand.")
    try:
        cache = scan_cache_dir(entry.parent)
    except CacheNotFound as error:
        raise NotRemoved(f"The cache {entry.parent} is gone.", "Look for models again.") from error
    for repository in cache.repos:
        if repository.repo_path == entry.resolve():
            # Of this entry alone: the library would delete a commit of the same name from every entry that has it.
            return replace(cache, repos=frozenset({repository})), repository
    raise NotRemoved(f"The cache entry {entry} is damaged.", "Remove it by hand, or with `hf cache`.")


def _bytes_in(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            total += Path(parent, name).lstat().st_size
    return total


def _not_ours(model: InstalledModel) -> NotRemoved:
    if model.origin == "bundled":
        return NotRemoved(f"{model.name} comes with Penjing.", "It is small; leave it where it is.")
    return NotRemoved(
        f"{model.folder} is your own folder, so Penjing only lists it.", "Take it off the list, or delete it yourself."
    )
