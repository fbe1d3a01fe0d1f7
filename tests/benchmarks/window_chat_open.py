"""Measures how long it takes to open a long conversation and to search many.

    python tests/benchmarks/window_chat_open.py [--messages 500] [--stored 10000] [--json FILE]

Opens the real window on a chat file with a conversation of `--messages` turns among `--stored` in all. Opening counts
from the click to the first painted frame with the last turns; searching from the query to the result, in the store.
Exit code 1 if opening takes more than 300 ms in the median, or searching more than 100 ms for any of the queries.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtWidgets import QApplication

from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.chat.conversation import Conversation, StoredMessage, Transcript
from core.chat.store import ChatStore
from tests.benchmarks.window_chat_text import CODE, LIST, PROSE, TABLE
from tests.benchmarks.window_latency import wait

OPEN_BAR, SEARCH_BAR = 0.300, 0.100
REPEATS = 7
IN_A_CONVERSATION = 50
QUERIES = ("startswith", "accepted", "path component", "needle17", "or", "zzz", "of a")
WORDS = ("alder", "birch", "cedar", "damson", "elder", "fir", "ginkgo", "hazel", "juniper", "larch")


def conversation(title: str, turns: int, seed: int) -> Transcript:
    """Questions, and replies of one to two kilobytes; no two alike."""
    messages = []
    for number in range(turns):
        mark = f"needle{seed}" if number == turns // 2 else WORDS[(seed * 7 + number) % len(WORDS)]
        reply = f"{mark} {number}\n\n" + PROSE * 2 + (LIST, TABLE, CODE)[number % 3]
        content = f"What about {mark}, number {number}?" if number % 2 == 0 else reply
        role = "assistant" if number % 2 else "user"
        messages.append(StoredMessage(number, role, content, None, number - 1 if number else None))
    return Transcript(title, tuple(messages))


def fill(file: Path, messages: int, stored: int) -> None:
    with closing(ChatStore(file)) as store:
        for seed in range((stored - messages) // IN_A_CONVERSATION):
            store.add(conversation(f"Conversation {seed}", IN_A_CONVERSATION, seed))
        store.add(conversation("long", messages, 99_999))
        store.add(conversation("short", 2, 88_888))


def search(file: Path) -> dict[str, float]:
    """Median seconds of each query."""
    with closing(ChatStore(file)) as store:
        seconds = {}
        for query in QUERIES:
            times = []
            for _ in range(REPEATS):
                began = time.perf_counter()
                store.search(query)
                times.append(time.perf_counter() - began)
            seconds[query] = statistics.median(times)
        return seconds


def open_chat(application: QApplication, window: MainWindow, chat: Conversation) -> float:
    """Seconds from the click until the chat is painted."""
    began = time.perf_counter()
    window.history_panel.open_wanted.emit(chat)
    while window.session.chat.id != chat.id:
        application.processEvents()
    application.processEvents()
    window.repaint()
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--stored", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    application = QApplication(["penjing"])
    application.setStyle("fusion")
    with tempfile.TemporaryDirectory() as home:
        os.environ["PENJING_HOME"] = home
        file = Path(home) / "chats.sqlite3"
        fill(file, arguments.messages, arguments.stored)
        searched = search(file)
        window = MainWindow(Path(home))
        theme().wear(Appearance.LIGHT)
        window.show()
        wait(application, lambda: window.history.rowCount() > 1)
        window.show_chat()
        found: list[Conversation] = []
        window.keeper.conversations("", lambda listed: found.extend(each.conversation for each in listed[0]))
        wait(application, lambda: bool(found))
        long = next(chat for chat in found if chat.title == "long")
        short = next(chat for chat in found if chat.title == "short")
        opened = []
        for _ in range(REPEATS):
            open_chat(application, window, short)
            opened.append(open_chat(application, window, long))
        window.close()
    result = {
        "messages": arguments.messages,
        "open_first": opened[0],
        "open_median": statistics.median(opened),
        "open_bar": OPEN_BAR,
        "stored_messages": arguments.stored,
        "search": searched,
        "search_bar": SEARCH_BAR,
    }
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if statistics.median(opened) <= OPEN_BAR and max(searched.values()) <= SEARCH_BAR else 1


if __name__ == "__main__":
    sys.exit(main())
