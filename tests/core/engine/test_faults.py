"""Whatever goes wrong is a sentence that names what to mend; once it is mended, the same engine writes the same reply.

Everything streams: through buffers in RAM, or on to a device, for which the CPU's memory stands behind a fake copy
engine.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.decoding.report import FinishReason
from core.engine import engine as engine_module
from core.engine.engine import Engine
from core.engine.messages import Generate, Loading
from core.errors import Cancelled, DoesNotFit, OutOfMemory, PenjingError, PromptTooLong, ReadFailed, UnusableModel
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.direct_file import open_direct
from core.machine.own_memory import give_back, resident_bytes
from core.machine.probe import probe_machine
from core.models import experts as experts_module
from core.models.checkpoint import open_checkpoint
from core.models.transformer import Transformer
from core.offload import head as head_module
from core.offload.offloaded_model import OffloadedModel
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from tests.core.offload.copy_engines import FakeCopyEngine
from tests.core.random_models import save_random

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody touch an open file")

SETTINGS = {"vocab_size": 4096, "num_hidden_layers": 3, "tie_word_embeddings": False, "max_position_embeddings": 256}
FAMILIES: dict[str, dict[str, Any]] = {"llama": {}, "mixtral": {"num_local_experts": 4, "num_experts_per_tok": 2}}
SHARDS = 3
CONTEXT = 96
LENGTH = 8
BUDGET = 4
PROMPT = "What does os.path.join do, and where?"
MOMENTS = 6
"""At how many moments of a reply a fault is tried."""


@pytest.fixture(scope="module", params=FAMILIES)
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model in several files, with the demo's tokenizer."""
    folder = save_random(tmp_path_factory.mktemp("original"), request.param, SETTINGS | FAMILIES[request.param])
    tensors = load_file(folder / "model.safetensors")
    places: dict[str, str] = {}
    for shard in range(SHARDS):
        file = f"model-{shard + 1:05}-of-{SHARDS:05}.safetensors"
        names = [name for index, name in enumerate(tensors) if index % SHARDS == shard]
        save_file({name: tensors[name] for name in names}, folder / file, {"format": "pt"})
        places |= dict.fromkeys(names, file)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(DEMO_TARGET / file, folder / file)
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """One to be spoilt."""
    return Path(shutil.copytree(original, tmp_path / "model"))


@pytest.fixture
def plan(folder: Path, original: Path) -> Plan:
    """Everything streams; the model drafts for itself, so that trees grow deep."""
    return streamed(planned(folder, original))


def planned(folder: Path, draft: Path) -> Plan:
    request = Request(
        open_checkpoint(folder), open_checkpoint(draft), device="cpu", context=CONTEXT, dtype="float32", budget=BUDGET
    )
    return make_plan(request, probe_machine())


def streamed(plan: Plan) -> Plan:
    every = (Tier.SSD,) * len(plan.layers)
    return replace(
        plan,
        layers=every,
        experts=every,
        embedding=Tier.SSD,
        head=Tier.SSD,
        staging_slots=2,
        expert_slots=2,
        reading_threads=2,
        sources=("model",),  # which remembers nothing: every reply takes as many steps
    )


def all_resident(plan: Plan) -> Plan:
    every = (Tier.RAM,) * len(plan.layers)
    return replace(plan, layers=every, experts=every, embedding=Tier.RAM, head=Tier.RAM)


@pytest.fixture(params=["in RAM", "on a device"])
def placement(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where streamed weights are computed with."""
    if request.param == "in RAM":
        yield
        return
    copies = FakeCopyEngine()
    monkeypatch.setattr(engine_module, "OffloadedModel", partial(OffloadedModel, copy_engine=copies))
    yield
    copies.close()


@pytest.fixture
def engine(placement: None, plan: Plan) -> Iterator[Engine]:
    engine = Engine(plan)
    yield engine
    engine.close()


def reply(engine: Engine, cancelled: Callable[[], bool] = lambda: False) -> tuple[int, ...]:
    """The tokens of a reply; so hot that no two positions look alike."""
    sampling = Sampling(temperature=1.0, seed=4)
    request = Generate("r", prompt=PROMPT, sampling=sampling, max_new_tokens=LENGTH, budget=BUDGET)
    for _ in engine.generate(request, cancelled):
        pass
    assert engine.summary is not None
    return engine.summary.token_ids


@pytest.fixture(scope="module")
def expected(original: Path) -> tuple[int, ...]:
    engine = Engine(planned(original, original))
    tokens = reply(engine)
    engine.close()
    assert len(set(tokens)) == LENGTH
    return tokens


class Drive:
    """Stands between the program and its files: counts reads, and lets them go wrong.

    Attributes:
        reads: How many were begun, but for those that only try whether a file can be read directly.
        fault: What happens instead of a read, or before it if that returns None; None if all is well.
    """

    def __init__(self) -> None:
        self.reads = 0
        self.fault: Callable[[], int | None] | None = None
        self._only: int | None = None
        self._plugged = 0
        self._born: dict[int, int] = {}

    def fails(self, fault: Callable[[], int | None], only: int | None = None) -> None:
        """From now on; or just at the read that is `only` reads away."""
        self.fault = fault
        self._only = None if only is None else self.reads + only

    def works(self) -> None:
        self.fault = None

    def replugged(self) -> None:
        """It is back, and new to the system: what was open on it stays dead."""
        self.fault = None
        self._plugged += 1

    def read(self, file: Any, genuine: Callable[[], int], opening: bool) -> int:
        if opening:
            file.plugged = self._plugged
        else:
            self.reads += 1
        if file.plugged != self._plugged:
            return io_error()
        if self.fault is not None and self._only in (None, self.reads):
            brought = self.fault()
            return genuine() if brought is None else brought
        return genuine()


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Drive:
    made = Drive()
    with open_direct(Path(__file__)) as opened:
        kind = type(opened)
    read = kind._read

    def watched(file: Any, offset: int, target: memoryview) -> int:
        return made.read(file, lambda: read(file, offset, target), opening=not hasattr(file, "plugged"))

    monkeypatch.setattr(kind, "_read", watched)
    return made


def io_error() -> int:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def no_memory() -> int:
    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


def nothing_comes() -> int:
    return 0


def never_foreseen() -> int:
    raise ValueError("nobody thought of this")


def spread(moments: int) -> list[int]:
    """Some of the numbers from 1 to `moments`, first and last included."""
    return sorted({1 + round(index * (moments - 1) / (MOMENTS - 1)) for index in range(MOMENTS)})


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Threads and open files are afterwards what they were before."""
    before = threads(), open_files()
    yield
    end = time.monotonic() + 10
    while (threads(), open_files()) != before and time.monotonic() < end:
        time.sleep(0.01)  # The fake copy engine's marks are timers.
    assert (threads(), open_files()) == before


def threads() -> set[int | None]:
    return {thread.ident for thread in threading.enumerate() if not isinstance(thread, threading.Timer)}


def open_files() -> list[str]:
    """Paths; empty where the system does not tell."""
    found = []
    for descriptor in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # that of the folder itself is gone by now
            found.append(str(descriptor.readlink()))
    return sorted(path for path in found if path.endswith("safetensors"))


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


# Faults of the drive while weights stream


@pytest.mark.parametrize(
    ("fault", "what", "remedy"),
    [
        (io_error, "Input/output error", "Check that the drive is connected"),
        (nothing_comes, "before all its weights were read", "restore it"),
    ],
)
def test_a_drive_that_fails_at_any_moment_costs_one_request(
    engine: Engine, expected: tuple[int, ...], drive: Drive, folder: Path, fault: Any, what: str, remedy: str
) -> None:
    assert reply(engine) == expected
    before = drive.reads
    assert reply(engine) == expected
    failures: list[ReadFailed] = []
    for moment in spread(drive.reads - before):
        drive.fails(fault, only=moment)
        try:
            assert reply(engine) == expected  # what is read ahead at its end is not of this reply
        except ReadFailed as error:
            failures.append(error)
        drive.works()
        assert reply(engine) == expected
    assert len(failures) > MOMENTS // 2
    for failure in failures:
        assert any(str(shard) in failure.what for shard in shards(folder))
        assert what in failure.what
        assert remedy in failure.remedy


def test_a_drive_that_is_plugged_in_again_is_read_on_at_the_next_request(
    engine: Engine, expected: tuple[int, ...], drive: Drive
) -> None:
    assert reply(engine) == expected
    for _ in range(2):
        drive.fails(io_error)
        with pytest.raises(ReadFailed):
            reply(engine)
        with pytest.raises(ReadFailed):
            reply(engine)
        drive.replugged()
        assert reply(engine) == expected


def test_a_drive_that_comes_back_without_the_model_says_so_and_another_model_loads(
    engine: Engine, expected: tuple[int, ...], drive: Drive, folder: Path
) -> None:
    drive.fails(io_error)
    with pytest.raises(ReadFailed):
        reply(engine)
    drive.replugged()
    shutil.rmtree(folder)
    for _ in range(2):
        with pytest.raises(ReadFailed, match=r"No such file or directory\. Put the file back"):
            reply(engine)
    engine.close()
    other = Engine(planned(DEMO_TARGET, DEMO_DRAFT))
    assert reply(other)
    other.close()


@pytest.mark.parametrize("fault", [no_memory, never_foreseen])
def test_whatever_else_ends_a_read_the_next_request_works(
    engine: Engine, expected: tuple[int, ...], drive: Drive, fault: Any
) -> None:
    assert reply(engine) == expected
    before = drive.reads
    assert reply(engine) == expected
    failures: list[Exception] = []
    for moment in spread(drive.reads - before):
        drive.fails(fault, only=moment)
        try:
            assert reply(engine) == expected
        except (OutOfMemory, ValueError) as error:
            failures.append(error)
        drive.works()
        assert reply(engine) == expected
    assert len(failures) > MOMENTS // 2
    assert all(isinstance(failure, OutOfMemory if fault is no_memory else ValueError) for failure in failures)


# Files that change while weights stream


@posix
def test_a_file_that_is_cut_off_is_an_error_until_it_is_restored(
    engine: Engine, expected: tuple[int, ...], folder: Path
) -> None:
    for shard in shards(folder):
        content, status = shard.read_bytes(), shard.stat()
        os.truncate(shard, len(content) // 3)
        for _ in range(2):
            with pytest.raises(ReadFailed) as caught:
                reply(engine)
            assert str(shard) in caught.value.what
            assert "load the model again" in caught.value.remedy.lower()
        shard.write_bytes(content)
        os.utime(shard, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert reply(engine) == expected


@posix
def test_a_file_that_is_written_over_is_an_error_and_loading_it_again_works(
    engine: Engine, plan: Plan, expected: tuple[int, ...], folder: Path
) -> None:
    assert reply(engine) == expected
    shard = shards(folder)[1]
    shard.write_bytes(shard.read_bytes())
    os.utime(shard, ns=(0, 0))  # Whatever the clock of the file system resolves.
    for _ in range(2):
        with pytest.raises(ReadFailed, match=r"is not the file any more .* Load the model again\.") as caught:
            reply(engine)
        assert str(shard) in caught.value.what
    engine.close()
    again = Engine(plan)
    assert reply(again) == expected
    again.close()


@posix
def test_a_file_that_another_one_took_the_place_of_is_read_on_until_it_must_be_opened_again(
    engine: Engine, expected: tuple[int, ...], drive: Drive, folder: Path, tmp_path: Path
) -> None:
    assert reply(engine) == expected
    shard, other = shards(folder)[0], tmp_path / "other"
    content = bytearray(shard.read_bytes())
    content[-100:] = bytes(100)
    other.write_bytes(content)
    other.replace(shard)
    assert reply(engine) == expected
    drive.fails(io_error)
    with pytest.raises(ReadFailed):
        reply(engine)
    drive.replugged()
    with pytest.raises(ReadFailed, match="is not the file any more"):
        reply(engine)


# Faults of computing while weights stream


class Computing:
    """Counts one kind of calls and lets one of them find no memory."""

    def __init__(self, genuine: Callable[..., Any]) -> None:
        self._genuine = genuine
        self.calls = 0
        self._fails: int | None = None

    def fails(self, after: int) -> None:
        self._fails = self.calls + after

    def works(self) -> None:
        self._fails = None

    def __call__(self, *given: Any) -> Any:
        self.calls += 1
        if self.calls == self._fails:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 5 bytes.")
        return self._genuine(*given)


@pytest.mark.parametrize("place", ["layer", "head", "expert"])
@pytest.mark.parametrize("alone", [False, True], ids=["all stream", "one kind streams"])
def test_memory_that_computing_does_not_get_costs_one_request(
    placement: None,
    plan: Plan,
    expected: tuple[int, ...],
    place: str,
    alone: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if place == "expert" and not open_checkpoint(plan.model).experts:
        pytest.skip("the model has no experts")
    if alone:
        every = (Tier.RAM,) * len(plan.layers)
        plan = replace(
            plan,
            layers=(*every[:-1], Tier.SSD) if place == "layer" else every,
            head=Tier.SSD if place == "head" else Tier.RAM,
            experts=(*every[:-1], Tier.SSD) if place == "expert" else every,
        )
    engine = Engine(plan)
    if place == "layer":
        computing = Computing(Transformer.run_layer)
        monkeypatch.setattr(Transformer, "run_layer", lambda *given: computing(*given))  # noqa: PLW0108 - binds self
    elif place == "expert":
        computing = Computing(experts_module._expert)
        monkeypatch.setattr(experts_module, "_expert", computing)
    else:
        computing = Computing(torch.nn.functional.linear)
        monkeypatch.setattr(head_module, "functional", SimpleNamespace(linear=computing))
    assert reply(engine) == expected
    before = computing.calls
    assert reply(engine) == expected
    held: list[OutOfMemory] = []
    for moment in spread(computing.calls - before):
        computing.fails(moment)
        try:
            assert reply(engine) == expected  # in fewer steps than before
        except OutOfMemory as error:
            held.append(error)  # and with it all that was going on then
        computing.works()
        assert reply(engine) == expected
    assert len(held) > MOMENTS // 2
    assert all("Close other programs" in error.remedy for error in held)
    engine.close()


# Cancelling


def test_a_cancel_at_any_moment_ends_within_a_layer_and_the_next_request_works(
    engine: Engine, expected: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = layers_after = 0
    cancel_at: int | None = None

    def cancelled() -> bool:
        nonlocal looks
        looks += 1
        return cancel_at is not None and looks >= cancel_at

    run_layer = Transformer.run_layer

    def counted(*given: Any) -> None:
        nonlocal layers_after
        layers_after += cancel_at is not None and looks >= cancel_at
        run_layer(*given)

    monkeypatch.setattr(Transformer, "run_layer", counted)
    assert reply(engine, cancelled) == expected
    for moment in spread(looks):
        looks, layers_after, cancel_at = 0, 0, moment
        tokens = reply(engine, cancelled)
        assert engine.summary is not None
        if engine.summary.finish_reason is FinishReason.CANCELLED:
            assert tokens == expected[: len(tokens)]
            assert layers_after <= 1
        cancel_at = None
        assert reply(engine) == expected


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
        (lost, r"1 of the model's 3 files of weights are missing: model-00002-of-00003\.safetensors\. Download"),
        (cut_short, r"model-00002-of-00003\.safetensors is 1,000 bytes shorter than its header says: .* Download"),
        (in_eight_bits, r"quantised \(F8_E4M3\).* Choose the model's bfloat16 version"),
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


# Limits


@pytest.mark.parametrize("memory", [1 << 20, 200 << 20])
def test_a_limit_below_the_minimum_is_refused_with_the_minimum(original: Path, memory: int) -> None:
    spec = open_checkpoint(original)
    plan = make_plan(Request(spec, None, device="cpu", context=CONTEXT, ram_limit=memory), probe_machine())
    with nothing_left_behind(), pytest.raises(DoesNotFit, match=r"Raise the limit to \d+ MiB"):
        Engine(plan)


def test_the_planned_context_ends_a_reply_and_refuses_a_longer_prompt(engine: Engine) -> None:
    prompt = "join " * 40
    room = CONTEXT - len(engine._prompt(Generate("r", prompt=prompt)))
    hot = Sampling(temperature=1.0, seed=4)
    list(engine.generate(Generate("r", prompt=prompt, sampling=hot)))
    assert engine.summary is not None
    assert engine.summary.finish_reason is FinishReason.CONTEXT
    assert len(engine.summary.token_ids) == room > 0
    with pytest.raises(PromptTooLong, match=rf"context holds {CONTEXT}\. Shorten it"):
        list(engine.generate(Generate("r", prompt=prompt * 4)))


def test_noise_decides_what_a_hot_reply_says(engine: Engine, expected: tuple[int, ...]) -> None:
    """Or the comparisons above would show nothing."""
    sampling = Sampling(temperature=1.0, seed=5)
    request = Generate("r", prompt=PROMPT, sampling=sampling, max_new_tokens=LENGTH, budget=BUDGET)
    list(engine.generate(request))
    assert engine.summary is not None
    assert engine.summary.token_ids != expected
