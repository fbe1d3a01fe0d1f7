"""A load that fails says what to mend and leaves nothing behind: no thread, no open file, no memory."""

from __future__ import annotations

import gc
import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.engine import engine as engine_module
from core.engine.engine import Engine
from core.engine.messages import Generate, Loading
from core.errors import Cancelled, OutOfMemory, PenjingError, ReadFailed, UnusableModel
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.own_memory import give_back, resident_bytes
from core.offload.offloaded_model import OffloadedModel
from core.planning.plan import Plan, Tier
from tests.core.engine.faults.faulty import (
    PROMPT,
    Drive,
    all_resident,
    io_error,
    never_foreseen,
    no_memory,
    nothing_comes,
    nothing_left_behind,
    planned,
    posix,
    reply,
    shards,
    spread,
    streamed,
)
from tests.core.offload.copy_engines import FakeCopyEngine


def test_a_cancelled_load_reads_no_further_and_leaves_nothing(placement: None, plan: Plan, drive: Drive) -> None:
    for loaded in (plan, all_resident(plan)):
        with nothing_left_behind():
            pieces = 0

            def count(event: Loading) -> None:
                nonlocal pieces
                pieces += 1

            with pytest.raises(Cancelled):
                Engine(loaded, count, cancelled=lambda: pieces > 0)  # noqa: B023 - it is called here only
            assert pieces == 1


# Loads that fail


def lost(shard: Path) -> None:
    shard.unlink()


def cut_short(shard: Path) -> None:
    os.truncate(shard, shard.stat().st_size - 1000)


def in_eight_bits(shard: Path) -> None:
    tensors = load_file(shard)
    save_file({name: tensor.to(torch.float8_e4m3fn) for name, tensor in tensors.items()}, shard)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (
            lost,
            r"1 of the model's 3 files of weights are missing: model-00002-of-00003\.safetensors\. Download them",
        ),
        (
            cut_short,
            r"model/model-00002-of-00003\.safetensors is 1,000 bytes shorter than its header says: .* Download",
        ),
        (in_eight_bits, r"quantised \(F8_E4M3\), but config.json does not say how\. Choose"),
    ],
)
def test_a_damaged_model_does_not_load_until_it_is_mended(
    placement: None, plan: Plan, expected: tuple[int, ...], folder: Path, tmp_path: Path, damage: Any, words: str
) -> None:
    shard = shards(folder)[1]
    shutil.copy(shard, tmp_path / "whole")
    damage(shard)
    with nothing_left_behind(), pytest.raises(UnusableModel, match=words):
        Engine(plan)
    shutil.copy(tmp_path / "whole", shard)
    engine = Engine(plan)
    assert reply(engine) == expected
    engine.close()


@pytest.mark.parametrize("fault", [io_error, nothing_comes, no_memory, never_foreseen])
def test_a_load_that_fails_at_any_moment_leaves_nothing_and_the_next_one_works(
    placement: None, plan: Plan, expected: tuple[int, ...], drive: Drive, fault: Any
) -> None:
    resident = all_resident(plan)
    reads = drive.reads
    Engine(resident).close()
    for moment in spread(drive.reads - reads):
        with nothing_left_behind():
            drive.fails(fault, only=moment)
            with pytest.raises((PenjingError, ValueError)):
                Engine(resident)
            drive.works()
    with nothing_left_behind():
        engine = Engine(resident)
        assert reply(engine) == expected
        engine.close()


@posix
def test_a_file_that_is_cut_off_while_it_loads_is_an_error(
    placement: None, plan: Plan, folder: Path, drive: Drive
) -> None:
    """After its header was read, and before its weights are."""
    shard = shards(folder)[2]

    def cut() -> None:
        os.truncate(shard, 2000)

    drive.fails(cut, only=1)
    with nothing_left_behind(), pytest.raises(ReadFailed, match=r"00003-of-00003\.safetensors .* Load the model again"):
        Engine(all_resident(plan))


def test_a_folder_that_holds_another_model_than_was_planned_for_is_not_loaded(plan: Plan, folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(DEMO_TARGET, folder)
    with nothing_left_behind(), pytest.raises(UnusableModel, match=r"another model than .* was planned for\. Choose"):
        Engine(plan)


def test_a_device_without_room_for_the_slots_leaves_nothing(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(FakeCopyEngine):
        def computed(self) -> Any:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    copies = Full()
    monkeypatch.setattr(engine_module, "OffloadedModel", partial(OffloadedModel, copy_engine=copies))
    with nothing_left_behind(), pytest.raises(OutOfMemory, match="Close other programs"):
        Engine(plan)
    copies.close()


def test_whichever_thread_the_system_refuses_nothing_is_left_and_the_engine_works_afterwards(
    placement: None, plan: Plan, expected: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    started, refused = 0, 0
    start = threading.Thread.start

    def count(thread: threading.Thread) -> None:
        nonlocal started
        started += 1
        if started == refused:
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", count)
        engine = Engine(plan)
        assert reply(engine) == expected
        engine.close()
        threads_needed = started
        assert threads_needed > 3
        for number in range(1, threads_needed + 1):
            started, refused = 0, number
            with nothing_left_behind():
                tried: Engine | None = None
                try:
                    tried = Engine(plan)
                    assert reply(tried) == expected  # where reading ahead failed, and was tried again
                except OutOfMemory:
                    if tried is not None:
                        assert reply(tried) == expected
                if tried is not None:
                    tried.close()


@contextmanager
def without_permission(file: Path) -> Iterator[None]:
    """Nobody may read a file; as root, who may read all, this goes on as another user meanwhile."""
    mode = file.stat().st_mode
    file.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        file.chmod(mode)


@posix
def test_weights_that_may_not_be_read_ask_for_the_permission(
    original: Path, expected: tuple[int, ...], drive: Drive
) -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to other users
        Path(place).chmod(0o755)
        folder = Path(shutil.copytree(original, Path(place) / "model"))
        folder.chmod(0o755)
        for file in folder.iterdir():
            file.chmod(file.stat().st_mode | stat.S_IRGRP | stat.S_IROTH)
        plan = streamed(planned(folder, folder))
        engine = Engine(plan)
        assert reply(engine) == expected
        for shard in shards(folder):
            with without_permission(shard):
                with nothing_left_behind(), pytest.raises(UnusableModel, match=f"{shard.name} .*that you may read it"):
                    Engine(plan)
                # What is open stays open, as long as nothing else happens.
                assert reply(engine) == expected
                drive.replugged()
                with pytest.raises(ReadFailed):
                    reply(engine)
                with pytest.raises(ReadFailed, match=f"{shard.name} cannot be read: .* Give yourself the permission"):
                    reply(engine)
            assert reply(engine) == expected
        engine.close()


# What is left when an engine is closed


def test_an_engine_closed_in_the_middle_of_a_read_leaves_nothing(placement: None, plan: Plan, drive: Drive) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def slow() -> int:
        reading.set()
        go_on.wait(20)
        return io_error()

    with nothing_left_behind():
        engine = Engine(plan)
        replies = engine.generate(Generate("r", prompt=PROMPT))
        next(replies)
        drive.fails(slow)
        with suppress(ReadFailed):
            threading.Timer(0.2, go_on.set).start()
            for _ in replies:
                pass
        assert reading.is_set()
        reading.clear()
        go_on.clear()
        threading.Timer(0.2, go_on.set).start()
        engine.close()


def test_memory_does_not_grow_with_failed_loads_and_replies(drive: Drive) -> None:
    plan = planned(DEMO_TARGET, DEMO_DRAFT)
    mixed = replace(plan, layers=(Tier.RAM, Tier.RAM, *(Tier.SSD,) * 4), staging_slots=2, reading_threads=2)

    def fail() -> None:
        engine = Engine(mixed)
        reply(engine)
        drive.fails(io_error)
        with pytest.raises(ReadFailed):
            reply(engine)
        engine.close()
        with pytest.raises(ReadFailed):
            Engine(plan)
        drive.works()
        pieces = 0

        def count(event: Loading) -> None:
            nonlocal pieces
            pieces += 1

        with pytest.raises(Cancelled):
            Engine(plan, count, lambda: pieces > 0)

    def held() -> int:
        give_back()
        return resident_bytes()

    with nothing_left_behind():
        for _ in range(2):
            fail()
        before = held()
        for _ in range(6):
            fail()
        assert held() - before < 6 << 20
        gc.collect()
