"""The table says all that the pictures show."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.planner.table import PlanTable, table_rows
from core.planning.plan import Purpose, Request, Tier
from core.planning.planner import plan_and_curve
from core.sizes import format_size
from tests.core.planning.samples import GIB, draft, machine, model

PLAN, RATES = plan_and_curve(Request(model(), draft(), ram_limit=12 * GIB), machine())


def test_every_purpose_and_every_cause_has_a_row() -> None:
    rows = {part: (value, why) for part, value, why in table_rows(PLAN, RATES)}
    ram = next(use for use in PLAN.use if use.tier is Tier.RAM)
    assert rows["RAM: cache"][0] == format_size(ram.bytes[Purpose.KV])
    assert {"One pass: stream", "One pass: compute", "One pass: draft", "One pass: choose"} <= rows.keys()
    assert sum(part.startswith("Speed with") for part in rows) == len(RATES)
    assert "assumed" in rows["Tokens per step"][1]


def test_what_does_not_fit_has_no_speed() -> None:
    plan, rates = plan_and_curve(Request(model(), None, ram_limit=GIB), machine())
    rows = {part: value for part, value, _ in table_rows(plan, rates)}
    assert rows["Speed"] == "none"
    assert rates == {}


def test_rows_can_be_copied(qtbot: QtBot) -> None:
    table = PlanTable()
    qtbot.addWidget(table)
    table.show_plan(PLAN, RATES)
    table.selectAll()
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == table.rowCount()
    assert all("\t" in line for line in lines)
    table.show_plan(None, {})
    assert table.rowCount() == 0
