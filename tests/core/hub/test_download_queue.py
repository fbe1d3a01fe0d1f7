"""One model after the other, paused, taken away, and taken up again by another process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.hub.download import Download, staged, staging_folder
from core.hub.download_queue import DownloadQueue
from core.hub.hub import Hub
from core.hub.progress import Progress, State
from tests.core.hub.models_made import write_hub_model
from tests.hub_server import HubServer

FIRST, SECOND = "someone/First", "someone/Second"


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not until():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.005)


@pytest.fixture
def source(server: HubServer, tmp_path: Path) -> Path:
    folder = write_hub_model(tmp_path / "source", hidden_size=512)
    for name in (FIRST, SECOND):
        server.add(name, folder)
    server.faults.bytes_per_second = 5e6
    return folder


@pytest.fixture
def ended() -> list[str]:
    return []


@pytest.fixture
def queue(hub: Hub, models: Path, source: Path, ended: list[str]) -> Iterator[DownloadQueue]:
    queue = DownloadQueue(lambda: hub, models, lambda download: ended.append(download.repository))
    yield queue
    queue.close()


def of(queue: DownloadQueue, repository: str) -> Progress:
    return next(progress for progress in queue.progress if progress.repository == repository)


def test_models_come_one_after_the_other(queue: DownloadQueue, models: Path, ended: list[str]) -> None:
    queue.start(FIRST)
    queue.start(SECOND)
    wait(lambda: of(queue, FIRST).done > 0)
    assert of(queue, SECOND).state is State.QUEUED
    wait(lambda: ended == [FIRST, SECOND])
    assert {progress.state for progress in queue.progress} == {State.DONE}
    assert (models / SECOND / "config.json").exists()


def test_a_paused_one_lets_the_next_begin(queue: DownloadQueue, ended: list[str]) -> None:
    queue.start(FIRST)
    queue.start(SECOND)
    wait(lambda: of(queue, FIRST).share > 0.1)
    queue.pause(FIRST)
    wait(lambda: ended == [SECOND])
    paused = of(queue, FIRST)
    assert paused.state is State.PAUSED
    assert paused.done > 0
    queue.start(FIRST)
    assert of(queue, FIRST).done >= paused.done
    wait(lambda: ended == [SECOND, FIRST])


def test_one_that_waits_can_be_paused_too(queue: DownloadQueue, ended: list[str]) -> None:
    queue.start(FIRST)
    queue.start(SECOND)
    queue.pause(SECOND)
    assert of(queue, SECOND).state is State.PAUSED
    wait(lambda: ended == [FIRST])
    assert of(queue, SECOND).state is State.PAUSED


def test_what_is_taken_off_the_list_leaves_nothing(queue: DownloadQueue, models: Path) -> None:
    queue.start(FIRST)
    wait(lambda: of(queue, FIRST).share > 0.1)
    queue.discard_soon(FIRST)
    assert queue.progress == []
    wait(lambda: not staging_folder(models, FIRST).exists())
    assert staged(models) == []


def test_a_later_process_takes_up_what_an_earlier_one_left(
    queue: DownloadQueue, hub: Hub, models: Path, ended: list[str]
) -> None:
    queue.start(FIRST)
    wait(lambda: of(queue, FIRST).share > 0.1)
    queue.close()
    assert ended == []
    later = DownloadQueue(lambda: hub, models, lambda download: ended.append(download.repository))
    try:
        assert later.recall(go_on=False) == [FIRST]
        assert of(later, FIRST).state is State.PAUSED
        assert of(later, FIRST).share > 0.1
        later.start(FIRST)
        wait(lambda: ended == [FIRST])
    finally:
        later.close()


def test_a_failure_is_told_and_the_next_begins(queue: DownloadQueue, server: HubServer, ended: list[str]) -> None:
    server.repositories[FIRST].private = True
    queue.start(FIRST)
    queue.start(SECOND)
    wait(lambda: ended == [FIRST, SECOND])
    failed = of(queue, FIRST)
    assert failed.state is State.FAILED
    assert "There is no model someone/First" in failed.note


def test_stopping_before_the_first_byte_is_stopping(hub: Hub, models: Path, source: Path) -> None:
    from core.errors import Cancelled

    download = Download(hub, models, FIRST)
    download.stop()
    with pytest.raises(Cancelled):
        download.run()
    assert not list(models.rglob("*.part"))
