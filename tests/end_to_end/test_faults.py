"""Faults that only a real process meets: memory that the system refuses, a sudden end, files that change under it."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.engine.client import EngineClient
from core.engine.messages import Event, Failed, Finished, Generate, Load, Loaded, Loading, Started, Unload, Unloaded
from core.errors import EngineStopped
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from tests.end_to_end.test_cli import PENJING, QUESTION, ROOT, SECONDS, copied_demo, minimum_ram, penjing

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of another process")

MIB = 1 << 20
LONG = Generate(
    "long", prompt="join the path " * 200, sampling=Sampling(temperature=1.0, seed=2), max_new_tokens=12, budget=256
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Half of the layers are resident, and trees so large that a pass over one needs memory of its own."""
    pair = open_checkpoint(DEMO_TARGET), open_checkpoint(DEMO_DRAFT)
    plan = make_plan(Request(*pair, device="cpu", context=1024, dtype="float32", budget=256), probe_machine())
    half = len(plan.layers) // 2
    layers = (Tier.RAM,) * half + (Tier.SSD,) * (len(plan.layers) - half)
    return replace(plan, layers=layers, experts=layers, staging_slots=2)


@pytest.fixture
def client() -> Iterator[EngineClient]:
    client = EngineClient()
    client.start()
    assert isinstance(client.receive(timeout=SECONDS), Started)
    yield client
    client.close()


def answer(client: EngineClient, *kinds: type[Event]) -> Event:
    """The first event of one of these kinds, or a failure."""
    while True:
        event = client.receive(timeout=SECONDS)
        assert event is not None, f"no {kinds} came"
        if isinstance(event, (*kinds, Failed)):
            return event


def written(client: EngineClient) -> tuple[int, ...]:
    client.send(LONG)
    finished = answer(client, Finished)
    assert isinstance(finished, Finished), finished
    return finished.summary.token_ids


@contextmanager
def refused_memory(client: EngineClient, beyond: int = 2 * MIB) -> Iterator[None]:
    """The system gives the engine process that many bytes and no more.

    Some are needed: Python waits for ever for a thread that found no memory to say that it has started.
    """
    import resource

    assert client.pid is not None
    # Not its address space, of which threads reserve much for later.
    (line,) = (
        line for line in Path(f"/proc/{client.pid}/status").read_text().splitlines() if line.startswith("VmData:")
    )
    held = int(line.split()[1]) * 1024
    _, most = resource.prlimit(client.pid, resource.RLIMIT_DATA)
    resource.prlimit(client.pid, resource.RLIMIT_DATA, (held + beyond, most))
    yield
    resource.prlimit(client.pid, resource.RLIMIT_DATA, (most, most))


def is_refusal(event: Event, reply: str = "") -> bool:
    return (
        isinstance(event, Failed)
        and (event.kind, event.reply) == ("OutOfMemory", reply)
        and event.what == "The system refused memory that the model needs."
        and event.remedy.startswith("Close other programs")
    )


@linux
def test_a_load_that_gets_no_memory_is_a_sentence_and_the_next_one_works(client: EngineClient, plan: Plan) -> None:
    process = psutil.Process(client.pid)
    client.send(Load(plan))
    assert isinstance(answer(client, Loaded), Loaded)
    expected = written(client)
    client.send(Unload())
    answer(client, Unloaded)
    before = process.memory_info().rss, process.num_threads(), process.num_fds()
    for beyond in (2 * MIB, 6 * MIB):
        with refused_memory(client, beyond):
            client.send(Load(plan))
            assert is_refusal(answer(client, Loaded))
            client.send(Unload())
            answer(client, Unloaded)
            after = process.memory_info().rss, process.num_threads(), process.num_fds()
        assert after[0] - before[0] < 4 * MIB
        assert after[1:] == before[1:]
    client.send(Load(plan))
    assert isinstance(answer(client, Loaded), Loaded)
    assert written(client) == expected


@linux
def test_a_reply_that_gets_no_memory_is_a_sentence_and_the_same_one_works_later(
    client: EngineClient, plan: Plan
) -> None:
    client.send(Load(plan))
    assert isinstance(answer(client, Loaded), Loaded)
    with refused_memory(client):
        for _ in range(2):
            client.send(LONG)
            assert is_refusal(answer(client, Finished), "long")
    expected = written(client)
    with refused_memory(client):
        client.send(LONG)
        event = answer(client, Finished)
        # What the last reply has released may be enough for one more.
        assert is_refusal(event, "long") or (isinstance(event, Finished) and event.summary.token_ids == expected)
        # Whoever cannot wait for memory loads something smaller in its place.
        small = make_plan(Request(open_checkpoint(DEMO_DRAFT), None, device="cpu", context=64), probe_machine())
        client.send(Load(small))
        assert isinstance(answer(client, Loaded), Loaded)
        client.send(Generate("short", prompt="join", max_new_tokens=2))
        assert isinstance(answer(client, Finished), Finished)
    client.send(Load(plan))
    assert isinstance(answer(client, Loaded), Loaded)
    assert written(client) == expected


def test_an_engine_that_is_killed_while_it_loads_is_a_sentence_and_the_next_one_loads(plan: Plan) -> None:
    for kill in (True, False):
        client = EngineClient()
        client.start()
        client.send(Load(plan))
        assert isinstance(answer(client, Loading), Loading)
        if kill:
            assert client.pid is not None
            os.kill(client.pid, signal.SIGKILL)
            with pytest.raises(EngineStopped, match=r"the system killed it.* Load the model again"):
                [answer(client, Loaded) for _ in itertools.count()]
        else:
            assert isinstance(answer(client, Loaded), Loaded)
        client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody touch an open file")
@pytest.mark.parametrize("as_json", [False, True])
def test_a_file_cut_off_under_a_reply_ends_it_with_a_sentence(as_json: bool, tmp_path: Path) -> None:
    weights = copied_demo(tmp_path / "model") / "model.safetensors"
    # So hot that the model hardly ever ends its reply.
    options = ["--model", str(weights.parent), "--prompt", QUESTION, "--temperature", "10", "--drafter", "none"]
    options += ["--dtype", "float32", "--ram", f"{minimum_ram() / MIB + 1}MiB", *(["--json"] if as_json else [])]
    command = [*PENJING, "generate", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        if as_json:
            # Nothing tells when it writes; whenever it reads its weights will do.
            end = psutil.Process(process.pid)
            while not any(Path(file.path) == weights for file in end.open_files()):
                assert process.poll() is None
        else:
            assert process.stdout is not None
            assert os.read(process.stdout.fileno(), 1)
        os.truncate(weights, weights.stat().st_size // 2)
        written, complaints = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    lines = complaints.decode().splitlines()
    assert len(lines) == 1
    assert weights.name in lines[0]
    assert lines[0].endswith("again.")
    assert written == b"" if as_json else written


def test_a_limit_below_the_minimum_names_it_and_ends_with_3() -> None:
    for as_json in ([], ["--json"]):
        done = penjing("generate", "--prompt", "a", "--ram", "100MiB", *as_json)
        assert (done.returncode, done.stdout) == (3, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("penjing-demo does not fit.")
        limit = line.split("Raise the limit to ")[1].removesuffix(".")
    assert json.loads(penjing("plan", "--json", "--ram", limit.replace(" ", "")).stdout)["shortfall"] == 0


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("a file is missing", "1 of the model's 2 files of weights are missing: b.safetensors. Download them into"),
        ("in eight bits", "is quantised (F8_E4M3), but config.json does not say how. Choose"),
        ("may not be read", "cannot be read: Permission denied. Check that"),
    ],
)
def test_weights_that_cannot_be_had_are_a_sentence(damage: str, sentence: str, tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    if damage == "may not be read" and (sys.platform == "win32" or os.geteuid() == 0):
        pytest.skip("the administrator may read everything")
    model = copied_demo(tmp_path / "model")
    with safe_open(model / "model.safetensors", "pt") as stream:
        tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 - it is no mapping
    (model / "model.safetensors").unlink()
    if damage == "in eight bits":
        import torch

        tensors = {name: tensor.to(torch.float8_e4m3fn) for name, tensor in tensors.items()}
    names = sorted(tensors)
    parts = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, part in parts.items():
        save_file({name: tensors[name] for name in part}, model / file)
    places = {name: file for file, part in parts.items() for name in part}
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    if damage == "a file is missing":
        shutil.move(model / "b.safetensors", tmp_path)
    if damage == "may not be read":
        (model / "a.safetensors").chmod(0)
    done = penjing("generate", "--prompt", "a", "--json", "--model", str(model))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert sentence in line
