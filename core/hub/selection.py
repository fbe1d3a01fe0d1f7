"""Chooses which of a repository's files make up the model that Penjing runs: safetensors and what describes them.

Weights in pickles could run any program as they are opened, so they are never fetched; nor is program code.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from core.errors import UnusableModel
from core.hub.hub import Contents, Hub
from core.hub.manifest import HubFile, Manifest
from core.models.bounded_json import INDEX, parse_object
from core.models.checkpoint import SHARD_INDEX, SINGLE_FILE

DESCRIBING = re.compile(
    r".*\.json|.*\.jinja|merges\.txt|vocab\.txt|.*\.model|readme\.md|"
    r"(licen[cs]e|notice|use_policy|acceptable_use_policy)[^/]*",
    re.IGNORECASE,
)
"""Settings, tokenizers, chat templates, the model's card, and what its licence wants kept with it."""

MOST_DESCRIBING = 256 << 20
"""Bytes of a file that only describes; the largest vocabularies have some tens of millions."""

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


def choose_files(hub: Hub, contents: Contents) -> Manifest:
    """The files of a revision that a download consists of; small ones first, so that trouble shows early.

    Raises:
        UnusableModel: It has no weights that Penjing reads.
        What `Hub` raises.
    """
    shards = shard_names(hub, contents)
    weights = []
    for name in shards:
        file = contents.file(name)
        if file is None:
            raise UnusableModel(f"{contents.repository} lacks {name}, a part of its weights.", "Choose another model.")
        weights.append(file)
    files = [file for file in contents.files if describes(file)] + weights
    files.sort(key=lambda file: file.size)
    return Manifest(contents.repository, contents.revision, tuple(files))


def describes(file: HubFile) -> bool:
    """Whether a file says what the model is, or how its texts and weights are laid out."""
    return "/" not in file.name and file.size <= MOST_DESCRIBING and DESCRIBING.fullmatch(file.name) is not None


def shard_names(hub: Hub, contents: Contents) -> list[str]:
    """The files that hold the weights. A repository may hold them once more in another form; that is left out.

    Raises:
        UnusableModel: There are none that Penjing reads.
    """
    if contents.file("config.json") is None:
        raise UnusableModel(_not_a_model(contents), "Choose another model.")
    if contents.file(SINGLE_FILE):
        return [SINGLE_FILE]
    index = contents.file(SHARD_INDEX)
    if index is None:
        raise UnusableModel(_no_safetensors(contents), "Choose the model's safetensors version.")
    # One byte more than is allowed tells that there is more.
    text = hub.read(contents.repository, contents.revision, SHARD_INDEX, 0, min(index.size, INDEX + 1))
    places = parse_object(text, SHARD_INDEX, INDEX).get("weight_map")
    names = set(places.values()) if isinstance(places, dict) else set()
    if not names or not all(isinstance(name, str) and name.endswith(".safetensors") for name in names):
        raise UnusableModel(f"{SHARD_INDEX} does not say which file holds which tensor.", "Choose another model.")
    return sorted(names)


def _not_a_model(contents: Contents) -> str:
    if contents.file("adapter_config.json"):
        return f"{contents.repository} is a LoRA adapter, not a whole model."
    if any(file.name.endswith(".gguf") for file in contents.files):
        return f"{contents.repository} holds GGUF files, and Penjing downloads models as safetensors only."
    return f"{contents.repository} holds no config.json, so it is not a model that Penjing knows."


def _no_safetensors(contents: Contents) -> str:
    if any(PurePosixPath(file.name).suffix in PICKLES for file in contents.files):
        return f"{contents.repository} has its weights as pickles only, which can run any program when opened."
    return f"{contents.repository} has no safetensors weights."
