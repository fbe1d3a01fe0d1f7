"""One window per data folder: a second start shows the first one's window and ends."""

from __future__ import annotations

import ctypes
import hashlib
import sys
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

ANSWER_MS = 500
LONGEST_PATH = 100
"""Bytes of a socket's path; systems allow 104 or 108."""

LONGEST_MESSAGE = 4096


class SingleInstance(QObject):
    """Signals: called, when another start asks for this window; with what it is to be opened at, "" for nothing."""

    called = Signal(str)

    def __init__(self, data: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        place = str(data.resolve() / "window.socket")
        # In the person's own folder where its path is short enough for a socket, else where the system has them.
        short = sys.platform != "win32" and len(place.encode()) < LONGEST_PATH
        self._name = place if short else "penjing-" + hashlib.sha256(place.encode()).hexdigest()[:16]
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)

    def claim(self, what: str = "") -> bool:
        """Whether this is the first; if not, the first one has been called, and told what to open."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(ANSWER_MS):
            # A line's end at least, so that there is something to read.
            socket.write(what.encode()[:LONGEST_MESSAGE] + b"\n")
            socket.flush()
            socket.disconnectFromServer()
            return False
        # What a crashed window has left behind would keep the name taken.
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        if sys.platform == "win32":
            # By this name the installer knows that a window is open, and asks to close it.
            ctypes.windll.kernel32.CreateMutexW(None, False, "PenjingWindow")
        return True

    def _answer(self) -> None:
        socket = self._server.nextPendingConnection()
        # The other start writes at once; what it writes fits into one piece.
        socket.waitForReadyRead(ANSWER_MS)
        self.called.emit(bytes(socket.readAll().data()).decode(errors="replace").rstrip("\n"))
        socket.deleteLater()
