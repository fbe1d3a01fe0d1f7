"""The real engine process: commands in, events out, and nothing lost when it dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from core.chat.message import Message
from core.decoding.report import FinishReason
from core.engine.client import EngineClient
from core.engine.messages import (
    Cancel,
    Event,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    Loading,
    Started,
    Stepped,
    Unload,
    Unloaded,
)
from core.errors import EngineStopped
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan

QUESTION = (Message("user", "What does os.path.join do?"),)


@pytest.fixture(scope="module")
def plan() -> Plan:
    pair = open_checkpoint(DEMO_TARGET), open_checkpoint(DEMO_DRAFT)
    return make_plan(Request(*pair, device="cpu", context=512, budget=16), probe_machine())


@pytest.fixture(scope="module")
def running() -> Iterator[EngineClient]:
    """One engine process for the tests that leave it usable."""
    client = EngineClient()
    client.start()
    assert isinstance(client.receive(timeout=120), Started)
    yield client
    client.close()


def events_until(client: EngineClient, *kinds: type[Event]) -> list[Event]:
    events: list[Event] = []
    while not events or not isinstance(events[-1], kinds):
        event = client.receive(timeout=60)
        assert event is not None, f"no {kinds} within a minute after {events}"
        events.append(event)
    return events


def test_a_load_and_a_reply(running: EngineClient, plan: Plan) -> None:
    running.send(Load(plan))
    events = events_until(running, Loaded, Failed)
    assert isinstance(events[0], Loading)
    assert isinstance(events[-1], Loaded)
    assert events[-1].plan == plan
    running.send(Generate("first", QUESTION))
    events = events_until(running, Finished, Failed)
    summary = events[-1]
    assert isinstance(summary, Finished)
    steps = [event for event in events if isinstance(event, Stepped)]
    assert "".join(event.report.text for event in steps) == summary.summary.text
    assert {event.reply for event in steps} == {"first"}


def test_a_cancel_ends_what_was_asked_before_it_and_nothing_after(running: EngineClient, plan: Plan) -> None:
    running.send(Load(plan))
    running.send(Cancel())
    running.send(Load(plan))
    events_until(running, Loaded)
    for reply in ("a", "b"):
        running.send(Generate(reply, QUESTION))
    running.send(Cancel())
    running.send(Generate("c", QUESTION))
    reasons = {}
    for _ in range(3):
        [*_, finished] = events_until(running, Finished)
        assert isinstance(finished, Finished)
        reasons[finished.reply] = finished.summary.finish_reason
    assert reasons == {"a": FinishReason.CANCELLED, "b": FinishReason.CANCELLED, "c": FinishReason.END}


def test_an_error_is_an_event_and_the_process_stays_usable(running: EngineClient, plan: Plan) -> None:
    running.send(Unload())
    events_until(running, Unloaded)
    running.send(Generate("early", QUESTION))
    [*_, failed] = events_until(running, Failed)
    assert failed == Failed("BadRequest", "No model is loaded.", "Load a model first.", "early")
    running.send(Load(plan))
    events_until(running, Loaded)
    running.send(Generate("long", (Message("user", "join " * 2000),)))
    [*_, failed] = events_until(running, Failed)
    assert isinstance(failed, Failed)
    assert failed.kind == "PromptTooLong"
    running.send(Generate("short", QUESTION, max_new_tokens=3))
    events_until(running, Finished)


def test_unloading_gives_the_memory_back(running: EngineClient, plan: Plan) -> None:
    process = psutil.Process(running.pid)
    running.send(Load(plan))
    events_until(running, Loaded)
    running.send(Generate("r", QUESTION))
    events_until(running, Finished)
    used = process.memory_info().rss
    running.send(Unload())
    events_until(running, Unloaded)
    weights = open_checkpoint(DEMO_TARGET).bytes
    assert process.memory_info().rss < used - weights / 2


def test_a_killed_process_is_a_sentence_and_the_next_one_works(plan: Plan) -> None:
    client = EngineClient()
    client.start()
    assert isinstance(client.receive(timeout=120), Started)
    assert client.pid is not None
    client.send(Load(plan))
    events_until(client, Loaded)
    client.send(Generate("r", QUESTION))
    events_until(client, Stepped)
    os.kill(client.pid, signal.SIGKILL)
    with pytest.raises(EngineStopped, match="most likely because memory ran out"):
        events_until(client, Finished)
    with pytest.raises(EngineStopped):
        client.send(Cancel())
    with pytest.raises(EngineStopped):
        client.receive()
    assert not client.alive
    client.close()


def test_the_process_ends_when_its_parent_closes_the_pipe() -> None:
    client = EngineClient()
    client.start()
    started = time.monotonic()
    client.close()
    assert not client.alive
    assert time.monotonic() - started < 30


def test_a_python_that_cannot_run_the_engine_is_reported_with_the_log() -> None:
    client = EngineClient(interpreter="/bin/false")
    client.start()
    with pytest.raises(EngineStopped, match=r"engine\.log"):
        client.receive(timeout=10)
    client.close()
