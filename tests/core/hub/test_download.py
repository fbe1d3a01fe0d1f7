"""Downloads over real sockets, with everything going wrong that may."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import BadRequest, Cancelled, DiskFull, DownloadDamaged, HubFailed, LicenceNotAccepted, StayOffline
from core.hub import download as download_module
from core.hub import transfer
from core.hub.download import Download, staged, staging_folder
from core.hub.hub import Hub
from core.hub.manifest import FILE_NAME, read_manifest
from core.hub.progress import State
from core.models.checkpoint import open_checkpoint
from tests.core.hub.models_made import write_hub_model
from tests.hub_server import HubServer

NAME = "someone/Some-Model"
WEIGHTS = "model.safetensors"
BIG = {"hidden_size": 512, "intermediate_size": 1536, "num_attention_heads": 8, "num_key_value_heads": 8}
"""About 13 MB of weights: some pieces of a transfer."""


@pytest.fixture
def source(tmp_path: Path, server: HubServer) -> Path:
    folder = write_hub_model(tmp_path / "source", **BIG)
    server.add(NAME, folder)
    return folder


@pytest.fixture
def download(hub: Hub, models: Path, source: Path) -> Download:
    return quick(hub, models)


def quick(hub: Hub, models: Path, revision: str | None = None) -> Download:
    """A download that does not wait as long as a person's does."""
    return Download(hub, models, NAME, revision, first_pause=0.01)


def same(folder: Path, source: Path) -> bool:
    names = [file.name for file in source.iterdir()]
    return all((folder / name).read_bytes() == (source / name).read_bytes() for name in names)


def run_until_stopped(download: Download) -> None:
    with pytest.raises(Cancelled):
        download.run()


def stop_after(download: Download, share: float) -> None:
    """Run until so much has arrived, then stop it as a person does."""
    thread = threading.Thread(target=run_until_stopped, args=(download,))
    thread.start()
    while download.progress.share < share and thread.is_alive():
        time.sleep(0.002)
    download.stop()
    thread.join()


def test_a_model_arrives_whole_and_opens(download: Download, models: Path, source: Path) -> None:
    folder = download.run()
    assert folder == models / "someone" / "Some-Model"
    assert same(folder, source)
    assert open_checkpoint(folder).parameters > 10**6
    assert staged(models) == []
    progress = download.progress
    assert (progress.state, progress.done, progress.share) == (State.DONE, progress.total, 1.0)


def test_it_says_where_it_is_from_and_what_it_should_hold(download: Download, server: HubServer, source: Path) -> None:
    manifest = read_manifest(download.run())
    assert manifest is not None
    assert (manifest.repository, manifest.revision) == (NAME, server.repositories[NAME].main)
    weights = next(file for file in manifest.files if file.name == WEIGHTS)
    assert weights.checksum == hashlib.sha256((source / WEIGHTS).read_bytes()).hexdigest()


@pytest.mark.parametrize("shards", [0, 2])
def test_what_runs_no_model_is_left_on_the_hub(
    hub: Hub, models: Path, server: HubServer, tmp_path: Path, shards: int
) -> None:
    source = write_hub_model(tmp_path / "source", shards=shards)
    for name in ("pytorch_model.bin", "modeling_own.py", "consolidated.safetensors", "picture.png"):
        (source / name).write_bytes(b"x" * 10)
    (source / "onnx").mkdir()
    (source / "onnx" / "config.json").write_text("{}")
    server.add(NAME, source)
    held = {file.relative_to(models / NAME).as_posix() for file in quick(hub, models).run().rglob("*")}
    several = {"model.safetensors.index.json", *(f"model-0000{n}-of-00002.safetensors" for n in (1, 2))}
    weights = several if shards else {"model.safetensors"}
    assert held == {"config.json", "README.md", "tokenizer.json", FILE_NAME, *weights}


def test_a_paused_download_goes_on_where_it_was(
    download: Download, hub: Hub, models: Path, server: HubServer, source: Path
) -> None:
    server.faults.bytes_per_second = 20e6
    stop_after(download, 0.3)
    assert download.progress.state is State.PAUSED
    (begun,) = staged(models)
    assert begun.repository == NAME
    (part,) = staging_folder(models, NAME).glob("model*.part")
    had = part.stat().st_size
    assert had > 0
    server.faults.bytes_per_second = None
    server.requests.clear()
    assert same(quick(hub, models).run(), source)
    (request,) = server.content_requests("stored")
    assert request.start == had
    assert request.sent == (source / WEIGHTS).stat().st_size - had


def test_a_cut_connection_costs_less_than_a_piece(download: Download, server: HubServer, source: Path) -> None:
    server.faults.cut_after, server.faults.cuts = 3_500_000, 2
    assert same(download.run(), source)
    sent = sum(request.sent for request in server.content_requests("stored"))
    assert sent - (source / WEIGHTS).stat().st_size < 2 * transfer.PIECE


def test_a_network_that_is_gone_is_waited_for(
    hub: Hub, models: Path, source: Path, tmp_path: Path, server: HubServer
) -> None:
    port = server.port
    server.close()
    download = quick(hub, models)
    thread = threading.Thread(target=download.run)
    thread.start()
    try:
        while download.progress.note == "":
            time.sleep(0.01)
        assert "offline" in download.progress.note
        with HubServer(port, {NAME: source}):
            thread.join(20)
        assert download.progress.state is State.DONE
    finally:
        download.stop()
        thread.join()


def test_a_hub_that_fails_for_a_while_is_asked_again(download: Download, server: HubServer, source: Path) -> None:
    server.faults.status, server.faults.status_times = 503, 3
    assert same(download.run(), source)


def test_a_hub_that_keeps_failing_is_told(download: Download, server: HubServer) -> None:
    server.faults.status = 500
    with pytest.raises(HubFailed, match="status 500"):
        download.run()
    assert download.progress.state is State.FAILED
    assert "status 500" in download.progress.note


def test_a_refusal_in_mid_transfer_is_no_refusal_of_the_model(
    download: Download, server: HubServer, source: Path
) -> None:
    """Signed addresses end: whoever keeps the bytes then says 403, and a new address is asked for."""
    server.faults.bytes_per_second = 20e6
    stop_after(download, 0.3)
    server.faults.bytes_per_second = None
    server.faults.stored_status, server.faults.status_times = 403, 2
    assert same(download.run(), source)


def test_a_damaged_file_alone_is_fetched_again(hub: Hub, models: Path, server: HubServer, tmp_path: Path) -> None:
    source = write_hub_model(tmp_path / "source", shards=3, **BIG)
    server.add(NAME, source)
    bad = "model-00002-of-00003.safetensors"
    server.faults.wrong_bytes, server.faults.wrong_times = {bad}, 1
    assert same(quick(hub, models).run(), source)
    asked = [request.path.rsplit("/", 1)[1] for request in server.content_requests("stored")]
    assert sorted(asked) == sorted([bad, *(f"model-0000{n}-of-00003.safetensors" for n in (1, 2, 3))])


def test_a_file_that_is_always_damaged_is_told_and_never_kept(
    download: Download, server: HubServer, models: Path
) -> None:
    server.faults.wrong_bytes = {WEIGHTS}
    with pytest.raises(DownloadDamaged, match="arrived damaged 3 times"):
        download.run()
    assert not (models / NAME).exists()
    assert not (staging_folder(models, NAME) / WEIGHTS).exists()


def test_a_server_without_ranges_sends_all_anew(download: Download, server: HubServer, source: Path) -> None:
    server.faults.bytes_per_second = 20e6
    stop_after(download, 0.3)
    server.faults.bytes_per_second = None
    server.faults.ignore_range = True
    assert same(download.run(), source)
    assert download.progress.done == download.progress.total


def test_where_xet_fails_http_goes_on_from_the_same_byte_and_says_so(
    download: Download, server: HubServer, source: Path
) -> None:
    server.faults.bytes_per_second = 20e6
    stop_after(download, 0.3)
    server.requests.clear()
    server.faults.xet = True
    notes: set[str] = set()
    thread = threading.Thread(target=download.run)
    thread.start()
    while thread.is_alive():
        notes.add(download.progress.note)
        time.sleep(0.002)
    assert download.progress.state is State.DONE
    assert same(download.folder, source)
    assert [request.path for request in server.requests].count("/xet") == 1
    assert server.content_requests("stored")[0].start > 0
    assert any(note.startswith("Over plain HTTP, because Xet failed") for note in notes)


def test_the_revision_is_pinned_when_the_download_begins(
    download: Download, server: HubServer, source: Path, tmp_path: Path
) -> None:
    first = server.repositories[NAME].main
    server.faults.bytes_per_second = 20e6
    stop_after(download, 0.3)
    server.repositories[NAME].commit(write_hub_model(tmp_path / "newer", seed=9, **BIG))
    server.faults.bytes_per_second = None
    folder = download.run()
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest.revision == first
    assert same(folder, source)


def test_another_revision_continues_no_file_of_the_first(
    download: Download, hub: Hub, models: Path, server: HubServer, tmp_path: Path
) -> None:
    server.faults.bytes_per_second = 20e6
    stop_after(download, 0.3)
    newer = write_hub_model(tmp_path / "newer", seed=9, **BIG)
    # Of the same size, and whole already from the first revision.
    (newer / "README.md").write_text((newer / "README.md").read_text().replace("little", "plenty"))
    assert (staging_folder(models, NAME) / "README.md").stat().st_size == (newer / "README.md").stat().st_size
    revision = server.repositories[NAME].commit(newer)
    server.faults.bytes_per_second = None
    assert same(quick(hub, models, revision).run(), newer)


def test_an_update_fetches_only_what_changed(
    download: Download, hub: Hub, models: Path, server: HubServer, source: Path, tmp_path: Path
) -> None:
    download.run()
    (source / "README.md").write_text("# Better words")
    server.repositories[NAME].commit(source)
    server.requests.clear()
    assert same(quick(hub, models).run(), source)
    assert [request.path.rsplit("/", 1)[1] for request in server.content_requests()] == ["README.md"]


def test_a_repair_fetches_only_what_is_damaged(
    download: Download, hub: Hub, models: Path, server: HubServer, source: Path
) -> None:
    folder = download.run()
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text()[::-1])
    server.requests.clear()
    assert same(quick(hub, models).run(), source)
    assert [request.path.rsplit("/", 1)[1] for request in server.content_requests()] == ["tokenizer.json"]


def test_a_full_drive_is_told_before_anything_is_fetched(
    download: Download, server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "KEEP_FREE", 1 << 60)
    with pytest.raises(DiskFull, match="has not enough room"):
        download.run()
    assert server.content_requests("stored") == []


@pytest.fixture
def small_drive(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "drive"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=14m", "tmpfs", str(folder)]
    if os.name == "nt" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only an administrator of Linux can make a drive of a few MiB")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_drive_that_fills_meanwhile_is_told_and_nothing_is_lost(
    small_drive: Path, hub: Hub, source: Path, server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "KEEP_FREE", 0)
    for module in (transfer, download_module):
        monkeypatch.setattr(module, "check_room", lambda *_: None)
    hog = small_drive / "other program"
    hog.write_bytes(b"x" * (8 << 20))
    download = quick(hub, small_drive)
    with pytest.raises(DiskFull, match="more are needed"):
        download.run()
    had = next(staging_folder(small_drive, NAME).glob("model*.part")).stat().st_size
    assert had > 4 << 20
    hog.unlink()
    server.requests.clear()
    assert same(download.run(), source)
    assert server.content_requests("stored")[0].start == had


def test_two_processes_do_not_download_the_same_model(
    download: Download, hub: Hub, models: Path, server: HubServer
) -> None:
    server.faults.bytes_per_second = 2e6
    thread = threading.Thread(target=run_until_stopped, args=(download,))
    thread.start()
    while download.progress.done == 0:
        time.sleep(0.002)
    with pytest.raises(BadRequest, match="already being downloaded"):
        quick(hub, models).run()
    download.stop()
    thread.join()


def test_a_licence_stops_the_download_with_its_page(
    server: HubServer, models: Path, source: Path, online: None
) -> None:
    server.repositories[NAME].gated = True
    download = quick(Hub(server.endpoint, token=lambda: "hf_somebody"), models)
    with pytest.raises(LicenceNotAccepted, match=f"{server.endpoint}/{NAME}"):
        download.run()


def test_the_token_stays_with_the_hub(server: HubServer, models: Path, source: Path, online: None) -> None:
    server.repositories[NAME].gated = True
    server.repositories[NAME].readers = {"hf_reader"}
    assert same(quick(Hub(server.endpoint, token=lambda: "hf_reader"), models).run(), source)
    told = {"/stored/" in request.path: request.token for request in server.requests}
    assert told == {False: "hf_reader", True: None}


def test_staying_offline_is_not_waited_out(download: Download, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(StayOffline, match="HF_HUB_OFFLINE"):
        download.run()


def test_what_has_arrived_can_be_thrown_away(download: Download, models: Path, server: HubServer) -> None:
    server.faults.bytes_per_second = 20e6
    stop_after(download, 0.2)
    download.discard()
    assert staged(models) == []
    assert not list(models.rglob("*.part"))
