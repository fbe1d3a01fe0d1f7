"""Where the window's messages and bugs go: a rotating file, and one note on screen."""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from app.language import tr

LARGEST = 1 << 20
KEPT = 3

log = logging.getLogger("penjing")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Bugs(QObject):
    """Signals: met, with one sentence, when an exception was caught by nobody. It may come from any thread."""

    met = Signal(str)


def keep_logs(folder: Path) -> Bugs:
    """Send log records, Qt's messages, crashes and uncaught exceptions to files in `folder`.

    An exception in a slot or a thread is logged whole and told once; the window goes on.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "window.log", maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in ("penjing", "app", "core"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    faulthandler.enable((folder / "crash.log").open("w", encoding="utf-8"))
    qInstallMessageHandler(_log_qt)
    return _hook_exceptions()


def _log_qt(kind: QtMsgType, _: QMessageLogContext, message: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), message)


def _hook_exceptions() -> Bugs:
    bugs = Bugs()

    def report(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error or kind(), trace)
            return
        log.critical("uncaught exception", exc_info=(kind, error or kind(), trace))
        bugs.met.emit(tr("Penjing met a bug: {name}. It goes on; the log has the details.", name=kind.__name__))

    sys.excepthook = report
    threading.excepthook = lambda args: report(args.exc_type, args.exc_value, args.exc_traceback)
    return bugs
