"""Carries out commands with an engine and answers with events. The engine process is one of these and a pipe."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import BinaryIO

from core.engine.device import give_back_device_memory
from core.engine.engine import Engine
from core.engine.layer_survey import survey_layers
from core.engine.messages import (
    Cancel,
    Command,
    Event,
    Failed,
    Finished,
    Generate,
    Load,
    Loading,
    Measure,
    Measured,
    Stepped,
    Unload,
    Unloaded,
)
from core.engine.wire import decode, encode
from core.errors import BadRequest, Cancelled, PenjingError
from core.machine.own_memory import forget_peak, give_back
from core.models.checkpoint import open_checkpoint

_PROGRESS_INTERVAL = 0.1
"""Seconds between two progress events of a load."""

Work = Load | Generate | Unload | Measure

log = logging.getLogger(__name__)


class Host:
    """Carries out commands one after the other; a cancel overtakes them.

    A reading thread takes commands off the pipe while the main thread works. Every command has a cancel flag of its
    own, so that a cancel ends what was asked for before it, waiting or in progress, and nothing that is asked later.
    """

    def __init__(self, commands: BinaryIO, events: BinaryIO) -> None:
        self._commands = commands
        self._events = events
        self._queue: queue.SimpleQueue[tuple[Work, threading.Event] | None] = queue.SimpleQueue()
        self._engine: Engine | None = None

    def run(self) -> None:
        """Serve until the pipe is closed."""
        threading.Thread(target=self._read, name="commands", daemon=True).start()
        while (work := self._queue.get()) is not None:
            command, cancelled = work
            reply = command.reply if isinstance(command, Generate) else ""
            try:
                self._carry_out(command, cancelled)
            except PenjingError as error:
                self.send(Failed(type(error).__name__, error.what, error.remedy, reply))
            except Exception as error:
                # A bug must neither end the process nor go unseen: it is logged whole and shown as one.
                log.exception("bug while carrying out %s", type(command).__name__)
                self.send(Failed("Bug", f"The engine met a bug: {error}.", "The engine's log has the details.", reply))
            else:
                if self._engine is not None:
                    continue
            # Only now has the error gone that ended a load or a reply, and with it the last that held its memory.
            _give_back()
        self._release()

    def send(self, event: Event) -> None:
        self._events.write(encode(event))
        self._events.flush()

    def _read(self) -> None:
        flags: list[threading.Event] = []
        for line in self._commands:
            command: Command | Event = decode(line)
            if isinstance(command, Cancel):
                for flag in flags:
                    flag.set()
                flags.clear()
            elif isinstance(command, Load | Generate | Unload | Measure):
                flags.append(threading.Event())
                self._queue.put((command, flags[-1]))
        for flag in flags:
            flag.set()
        self._queue.put(None)

    def _carry_out(self, command: Work, cancelled: threading.Event) -> None:
        if isinstance(command, Load):
            self._load(command, cancelled)
        elif isinstance(command, Generate):
            self._generate(command, cancelled)
        elif isinstance(command, Measure):
            self._measure(command, cancelled)
        else:
            self._release()
            self.send(Unloaded())

    def _load(self, command: Load, cancelled: threading.Event) -> None:
        self._release()
        last = 0.0

        def progress(event: Loading) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _PROGRESS_INTERVAL or event.done == event.total:
                last = now
                self.send(event)

        try:
            self._engine = Engine(command.plan, progress, cancelled.is_set)
        except Cancelled:
            self.send(Unloaded())
        else:
            self.send(self._engine.loaded)

    def _generate(self, command: Generate, cancelled: threading.Event) -> None:
        if self._engine is None:
            raise BadRequest("No model is loaded.", "Load a model first.")
        for report in self._engine.generate(command, cancelled.is_set):
            self.send(Stepped(command.reply, report))
        assert self._engine.summary is not None
        self.send(Finished(command.reply, self._engine.summary))

    def _measure(self, command: Measure, cancelled: threading.Event) -> None:
        def stop() -> bool:
            return cancelled.is_set() or not self._queue.empty()

        try:
            complete = survey_layers(map(open_checkpoint, command.models), command.again, stop)
        except OSError as error:
            log.warning("what layers take was not saved: %s", error)
            complete = True
        _give_back()
        forget_peak()
        self.send(Measured(complete))

    def _release(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
            _give_back()


def _give_back() -> None:
    """Return to system and driver what this process has released."""
    give_back()
    give_back_device_memory()
