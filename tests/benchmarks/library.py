"""How long a library of 300 models takes to list, and whether typing in the search blocks the window.

`python -m tests.benchmarks.library`: lists 300 small models cold (nothing kept) and warm (facts kept). Then shows them
in the models page, types words letter by letter here and against a hub on loopback, while everything is judged, and
measures how late a timer of the window fires.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

MODELS = 300
REPEATS = 9
MOST_WARM, MOST_LATE = 0.300, 0.050
TICK_MS = 5
WORDS = ("maple", "llama 4", "model-12", "bf16")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="library-") as place:
        os.environ |= {
            "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
            "PENJING_HOME": place,
            "HF_HOME": f"{place}/hf",
            "PENJING_KEYRING": "none",
        }
        os.environ.pop("HF_HUB_OFFLINE", None)
        folder = write_library(Path(place) / "mine")
        cold, warm = listing_seconds(folder)
        late = typing_lateness(folder)
    lateness = statistics.quantiles(late, n=100)[98]
    print(f"{MODELS} models: {cold * 1000:.0f} ms cold, {warm * 1000:.0f} ms warm (median of {REPEATS})")
    most = max(late)
    print(f"typing in the search: timer late by {lateness * 1000:.1f} ms (p99), {most * 1000:.1f} ms at most")
    if options.json:
        options.json.write_text(json.dumps({"cold": cold, "warm": warm, "late_p99": lateness, "late_max": most}))
    return 0 if warm < MOST_WARM and lateness <= MOST_LATE else 1


def write_library(folder: Path) -> Path:
    from tests.core.hub.models_made import write_hub_model

    for number in range(MODELS):
        write_hub_model(folder / f"maple-model-{number:03}", seed=number, num_hidden_layers=24)
    return folder


def listing_seconds(folder: Path) -> tuple[float, float]:
    """The first listing, and the median of those that follow."""
    from core.hub.library import installed_models

    times = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        assert sum(model.facts is not None for model in installed_models([folder])) >= MODELS
        times.append(time.perf_counter() - began)
    return times[0], statistics.median(times[1:])


def typing_lateness(folder: Path) -> list[float]:
    """Seconds by which a timer of the window's thread fires late while a person types and everything is judged."""
    from PySide6.QtCore import QTimer
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from app.picker.choice import Choice
    from app.picker.panel import PickerPanel
    from app.picker.search_bar import HUB
    from app.settings.settings import Settings
    from tests.hub_server import HubServer

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    settings = Settings(folders=[folder])
    with HubServer() as server:
        os.environ["HF_ENDPOINT"] = server.endpoint
        for number in range(20):
            server.add(f"maple/model-{number}", folder / f"maple-model-{number:03}", config={"model_type": "llama"})
        choice = Choice(lambda: settings, lambda **_: None)
        panel = PickerPanel(choice)
        panel.resize(684, 760)
        panel.show()
        choice.rescan()
        while len(choice.models) < MODELS:
            QTest.qWait(20)
        QTest.qWait(500)
        late: list[float] = []
        due = time.perf_counter() + TICK_MS / 1000

        def tick() -> None:
            nonlocal due
            now = time.perf_counter()
            late.append(max(0.0, now - due))
            due = now + TICK_MS / 1000

        timer = QTimer(interval=TICK_MS)
        timer.timeout.connect(tick)
        due = time.perf_counter() + TICK_MS / 1000
        timer.start()
        for scope in (0, HUB):
            panel.search.look_on(scope)
            for word in WORDS:
                for end in range(1, len(word) + 1):
                    panel.search.text.setText(word[:end])
                    QTest.qWait(90)
                QTest.qWait(500)
        timer.stop()
        panel.close_work()
        choice.close()
    return late


if __name__ == "__main__":
    sys.exit(main())
