"""Times the planner: one plan for an 80-layer model with a draft, and a slider of its panel being dragged.

    python -m tests.benchmarks.planner

Exit code 1 if a plan takes more than 3 ms (median), or fewer than 30 frames a second are planned and painted.
"""

from __future__ import annotations

import os
import sys
import time
from statistics import median

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.planner.panel import PlannerPanel
from app.planner.scales import TICKS
from app.style.theme import Appearance, theme
from core.machine.machine import Machine
from core.machine.probe import probe_machine
from core.planning.catalogue import cards, find_model, with_card, with_ram
from core.planning.plan import Request
from core.planning.planner import make_plan

PLANS, FRAMES = 200, 120
MOST_SECONDS, FEWEST_FRAMES = 0.003, 30.0
GIB = 1 << 30


def machines() -> dict[str, Machine]:
    """This computer with a graphics card, and without."""
    here = with_ram(probe_machine(), 64 * GIB)
    card = next(card for card in cards() if card.title == "RTX 4090")
    return {"processor": with_card(here, None), "graphics card": with_card(here, card)}


def plan_seconds(machine: Machine, drafter: str) -> float:
    """Median seconds of a plan of Llama 3.3 70B with a draft, under limits that differ.

    Args:
        drafter: "auto" weighs the draft against a self-draft and against none, which are plans of their own.
    """
    target, draft = find_model("Llama-3.3-70B-Instruct").spec(), find_model("Llama-3.2-1B").spec()
    seconds = []
    for index in range(PLANS):
        request = Request(target, draft, ram_limit=(20 + index % 30) * GIB, drafter=drafter)
        start = time.perf_counter()
        make_plan(request, machine)
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def frames_per_second(machine: Machine, application: QApplication) -> float:
    """Frames of the whole panel while its first slider is dragged from end to end."""
    panel = PlannerPanel()
    panel.resize(380, 1100)
    panel.set_machine(machine)
    panel.set_models(find_model("Llama-3.3-70B-Instruct").spec(), find_model("Llama-3.2-1B").spec())
    panel.show()
    application.processEvents()
    panel.controls.ram.slider.setSliderDown(True)
    start = time.perf_counter()
    for frame in range(FRAMES):
        panel.controls.ram.slider.setValue(TICKS * frame // FRAMES)
        application.processEvents()
    return FRAMES / (time.perf_counter() - start)


def main() -> int:
    application = QApplication([])
    theme().wear(Appearance.LIGHT, motion=True)
    held = True
    for name, machine in machines().items():
        seconds, weighed = (plan_seconds(machine, drafter) for drafter in ("model", "auto"))
        frames = frames_per_second(machine, application)
        held = held and max(seconds, weighed) <= MOST_SECONDS and frames >= FEWEST_FRAMES
        print(
            f"{name}: a plan takes {seconds * 1e3:.2f} ms, {weighed * 1e3:.2f} ms where it is open who drafts; "
            f"dragging plans and paints {frames:.0f} frames a second"
        )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
