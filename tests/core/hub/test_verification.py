"""Files that are as they were sent, and files that are not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from core.errors import Cancelled
from core.hub.download import Download
from core.hub.hub import Hub
from core.hub.library import InstalledModel
from core.hub.verification import Outcome, verify
from tests.core.hub.models_made import write_hub_model
from tests.hub_server import HubServer

NAME = "someone/Some-Model"


def outcomes(folder: Path, origin: str = "download") -> dict[str, Outcome]:
    return {check.name: check.outcome for check in verify(InstalledModel(folder, NAME, None, None, origin))}


@pytest.fixture
def folder(hub: Hub, server: HubServer, models: Path, tmp_path: Path) -> Path:
    server.add(NAME, write_hub_model(tmp_path / "source", shards=2, hidden_size=256))
    return Download(hub, models, NAME).run()


def test_a_download_is_right(folder: Path) -> None:
    assert set(outcomes(folder).values()) == {Outcome.RIGHT}
    assert len(outcomes(folder)) == 7


def test_one_changed_byte_one_cut_and_one_missing_file_are_found(folder: Path) -> None:
    weights = folder / "model-00002-of-00002.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.write_bytes(content)
    (folder / "tokenizer.json").write_text("{}")
    (folder / "config.json").unlink()
    found = outcomes(folder)
    assert found.pop("model-00002-of-00002.safetensors") is Outcome.DAMAGED
    assert found.pop("tokenizer.json") is Outcome.DAMAGED
    assert found.pop("config.json") is Outcome.MISSING
    assert found.pop("the model as a whole") is Outcome.DAMAGED
    assert set(found.values()) == {Outcome.RIGHT}


def test_the_names_of_blobs_in_the_cache_are_checksums(tmp_path: Path) -> None:
    source = write_hub_model(tmp_path / "source")
    snapshot = tmp_path / "models--someone--Some-Model" / "snapshots" / "0"
    snapshot.mkdir(parents=True)
    (tmp_path / "blobs").mkdir()
    for file in source.iterdir():
        content = file.read_bytes()
        blob = tmp_path / "blobs" / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        (snapshot / file.name).symlink_to(blob)
    assert set(outcomes(snapshot, "cache").values()) == {Outcome.RIGHT}
    (snapshot / "tokenizer.json").resolve().write_text("other")
    assert outcomes(snapshot, "cache")["tokenizer.json"] is Outcome.DAMAGED


def test_what_hf_download_noted_counts(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "mine")
    notes = folder / ".cache" / "huggingface" / "download"
    notes.mkdir(parents=True)
    checksum = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (notes / "model.safetensors.metadata").write_text(f"{'0' * 40}\n{checksum}\n1.0\n")
    found = outcomes(folder, "folder")
    assert found["model.safetensors"] is Outcome.RIGHT
    assert found["config.json"] is Outcome.UNKNOWN
    (notes / "model.safetensors.metadata").write_text(f"{'0' * 40}\n{'0' * 64}\n1.0\n")
    assert outcomes(folder, "folder")["model.safetensors"] is Outcome.DAMAGED


def test_a_check_can_be_ended(folder: Path) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(verify(InstalledModel(folder, NAME, None, None, "download"), stop))
