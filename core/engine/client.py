"""The other side of the pipe: starts the engine process, sends commands, receives events. Torch-free."""

from __future__ import annotations

import contextlib
import queue
import signal
import subprocess
import threading
from pathlib import Path

from core.children import code_environment
from core.engine.messages import Command, Event
from core.engine.wire import decode, encode
from core.errors import EngineStopped
from core.locations import INTERPRETER, user_data


class EngineClient:
    """An engine process and the pipe to it.

    One thread may receive while others send. The process can be killed at any moment, which frees all its memory; a new
    client is then as good as the old one.

    Args:
        interpreter: The Python that runs the engine; this process's own by default.
    """

    def __init__(self, interpreter: str | None = None) -> None:
        self._interpreter = interpreter or INTERPRETER
        self._process: subprocess.Popen[bytes] | None = None
        self._events: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._killed = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log_file(self) -> Path:
        """Where the engine process writes what it has to say beside events."""
        return user_data() / "logs" / "engine.log"

    def start(self) -> None:
        """Start the process and return at once; its first event is Started."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [self._interpreter, "-m", "core.engine.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Windows would open a console for it.
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                env=code_environment(self._interpreter),
            )
        threading.Thread(target=self._read, args=(self._process,), name="engine events", daemon=True).start()

    def send(self, command: Command) -> None:
        """Raises EngineStopped if the process has ended."""
        try:
            with self._sending:
                if self._process is None or self._process.stdin is None:
                    raise BrokenPipeError
                self._process.stdin.write(encode(command))
                self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise self._stopped() from error

    def receive(self, timeout: float | None = None) -> Event | None:
        """The next event; None if `timeout` seconds pass without one.

        Raises EngineStopped when the process has ended.
        """
        try:
            line = self._events.get(timeout=timeout)
        except queue.Empty:
            return None
        if line is None:
            self._events.put(None)
            raise self._stopped()
        event: Event = decode(line)  # type: ignore[assignment]
        return event

    def kill(self) -> None:
        """End the process at once, whatever it does. Its memory is free when this returns."""
        if self._process is not None:
            self._killed = True
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Ask the process to end by closing its pipe, and see to it that it does."""
        if self._process is None:
            return
        # A process that has died already cannot take what may still be in the pipe.
        with self._sending, contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as events:
            for line in events:
                self._events.put(line)
        process.wait()
        self._events.put(None)

    def _stopped(self) -> EngineStopped:
        code = self._process.poll() if self._process is not None else None
        if self._killed:
            why = "it was killed"
        elif code == -9:
            why = "the system killed it, most likely because memory ran out"
        elif code is not None and code < 0:
            why = f"it crashed ({signal.Signals(-code).name})"
        else:
            why = f"see {self.log_file}"
        return EngineStopped(f"The engine stopped: {why}.", "Your chat is saved. Load the model again.")
