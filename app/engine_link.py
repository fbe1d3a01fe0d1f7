"""The window's only way to the engine process: commands out, events in as Qt signals."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.language import tr
from core.decoding.report import ReplySummary, StepReport
from core.engine.client import EngineClient
from core.engine.messages import (
    Cancel,
    Command,
    Event,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    Loading,
    Measure,
    Measured,
    Started,
    Stepped,
    Unload,
    Unloaded,
)
from core.errors import EngineStopped
from core.planning.plan import Plan

log = logging.getLogger(__name__)

TEXT_INTERVAL = 1 / 30
"""Seconds between two deliveries of text."""

STEP_INTERVAL = 1 / 20
"""Seconds between two deliveries of steps."""


@dataclass
class _Undelivered:
    """What a reply has brought since it was last passed on."""

    reply: str = ""
    text: str = ""
    steps: list[StepReport] = field(default_factory=list)
    text_sent: float = 0.0
    steps_sent: float = 0.0

    def patience(self, now: float) -> float | None:
        """Seconds until something is due; None if there is nothing."""
        due = []
        if self.text:
            due.append(self.text_sent + TEXT_INTERVAL - now)
        if self.steps:
            due.append(self.steps_sent + STEP_INTERVAL - now)
        return max(0.0, min(due)) if due else None


class EngineLink(QObject):
    """Keeps one engine process, and starts a fresh one when it has gone.

    A thread of its own receives; a second one sends, so that neither a full pipe nor a slow death of the process ever
    holds up the window. All signals arrive in the thread that the link lives in. Text and steps are gathered and passed
    on at most 30 and 20 times a second; none is dropped, and all of a reply's come before its end.

    A process that ends after it had started is replaced at once. One that never came up is tried again with the next
    `load`, so that a broken installation does not spin.

    Args:
        make_client: Makes the client of a fresh process.

    Signals:
        started, loading, loaded, unloaded, failed: As the engine's messages say.
        measured: Figures of this computer were kept; whether it was all that was asked for.
        text: A reply's name and what was added to it.
        stepped: A reply's name and its steps since the last time, oldest first.
        finished: A reply's name and its summary.
        stopped: The process has ended unasked or was killed: what happened, what to do. Nothing is loaded any more.
    """

    started = Signal(Started)
    loading = Signal(Loading)
    loaded = Signal(Loaded)
    unloaded = Signal()
    measured = Signal(bool)
    text = Signal(str, str)
    stepped = Signal(str, list)
    finished = Signal(str, ReplySummary)
    failed = Signal(Failed)
    stopped = Signal(str, str)

    def __init__(self, make_client: Callable[[], EngineClient] = EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make_client = make_client
        self._client: EngineClient | None = None
        self._waiting: list[Command] = []
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._closing = False
        self._sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine sender")
        self._receiver = threading.Thread(target=self._run, name="engine link", daemon=True)
        self._undelivered = _Undelivered()

    @property
    def pid(self) -> int | None:
        """The engine process, if there is one."""
        client = self._client
        return client.pid if client is not None else None

    def start(self) -> None:
        """Start the engine process, in the background."""
        if self._closing:
            return
        self._wanted.set()
        if not self._receiver.is_alive():
            self._receiver.start()

    def load(self, plan: Plan) -> None:
        self._send(Load(plan))

    def unload(self) -> None:
        self._send(Unload())

    def generate(self, request: Generate) -> None:
        self._send(request)

    def measure(self, models: tuple[Path, ...], again: bool = False) -> None:
        """Measure what this computer does with layers; `measured` follows."""
        self._send(Measure(models, again))

    def cancel(self) -> None:
        """End the load or the reply in progress."""
        self._send(Cancel())

    def kill(self) -> None:
        """End the process at once and free all its memory. `stopped` follows."""
        client = self._client
        if client is not None:
            # Not by way of the sender, which may be stuck in the full pipe of the very process that is to go.
            threading.Thread(target=client.kill, name="engine kill", daemon=True).start()

    def close(self) -> None:
        """End the process for good; the link cannot be used again."""
        self._closing = True
        self._wanted.set()
        client = self._client
        if client is not None:
            client.kill()
        self._sender.shutdown(cancel_futures=True)
        if self._receiver.is_alive():
            self._receiver.join(timeout=5)

    def _send(self, command: Command) -> None:
        with self._lock:
            client = self._client
            if client is None:
                self._waiting.append(command)
        if client is None:
            self.start()
        else:
            self._sender.submit(self._deliver, client, command)

    @staticmethod
    def _deliver(client: EngineClient, command: Command) -> None:
        try:
            client.send(command)
        except EngineStopped:
            # The receiver meets the same end and tells the window.
            return

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            if self._closing:
                return
            self._wanted.clear()
            self._serve(self._make_client())

    def _serve(self, client: EngineClient) -> None:
        """Start one process and pass on its events until it ends."""
        came_up = False
        try:
            client.start()
            self._adopt(client)
            while True:
                event = client.receive(self._undelivered.patience(time.monotonic()))
                came_up = came_up or isinstance(event, Started)
                self._pass_on(event)
        except OSError as error:
            self._farewell(
                tr("The engine could not be started: {error}.", error=error),
                tr("Restart Penjing, or install it again."),
            )
        except EngineStopped as end:
            if came_up:
                self._wanted.set()
            self._farewell(end.what, end.remedy)
        finally:
            self._release(client)

    @staticmethod
    def _release(client: EngineClient) -> None:
        try:
            client.close()
        except OSError as error:
            # Part of a command was still on its way to the process that has gone.
            log.debug("the pipe to the engine broke: %s", error)

    def _adopt(self, client: EngineClient) -> None:
        with self._lock:
            self._client = client
            waiting, self._waiting = self._waiting, []
        if self._closing:
            client.kill()
        for command in waiting:
            self._sender.submit(self._deliver, client, command)

    def _farewell(self, what: str, remedy: str) -> None:
        with self._lock:
            self._client = None
            self._waiting.clear()
        if not self._closing:
            self._flush(everything=True)
            self.stopped.emit(what, remedy)

    def _pass_on(self, event: Event | None) -> None:
        if isinstance(event, Stepped):
            self._gather(event)
        self._flush(everything=isinstance(event, Finished | Failed))
        match event:
            case Started():
                self.started.emit(event)
            case Loading():
                self.loading.emit(event)
            case Loaded():
                self.loaded.emit(event)
            case Unloaded():
                self.unloaded.emit()
            case Measured():
                self.measured.emit(event.complete)
            case Finished():
                self.finished.emit(event.reply, event.summary)
            case Failed():
                self.failed.emit(event)

    def _gather(self, event: Stepped) -> None:
        if event.reply != self._undelivered.reply:
            self._flush(everything=True)
            self._undelivered = _Undelivered(event.reply)
        self._undelivered.text += event.report.text
        self._undelivered.steps.append(event.report)

    def _flush(self, everything: bool) -> None:
        waiting, now = self._undelivered, time.monotonic()
        if waiting.text and (everything or now - waiting.text_sent >= TEXT_INTERVAL):
            self.text.emit(waiting.reply, waiting.text)
            waiting.text, waiting.text_sent = "", now
        if waiting.steps and (everything or now - waiting.steps_sent >= STEP_INTERVAL):
            self.stepped.emit(waiting.reply, waiting.steps)
            waiting.steps, waiting.steps_sent = [], now
