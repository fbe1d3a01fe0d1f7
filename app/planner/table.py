"""The plan as a table: all that the pictures show, in words and numbers, for reading aloud and for copying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.planner.wording import figure, seconds_words, speed_range
from app.style.patterns import WORDS
from core.planning.plan import Plan, Tier
from core.sizes import format_size

Row = tuple[str, str, str]
"""A part of the plan, its value, and how that came about."""


class PlanTable(QTableWidget):
    """Two columns: what, and how much with where that comes from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 2, parent)
        self.setHorizontalHeaderLabels(["Part", "Value"])
        self.setAccessibleName("The plan as a table")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(True)
        for corner in self.findChildren(QAbstractButton):  # Qt's own, above the hidden header.
            corner.setAccessibleName("All rows")
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)

    def show_plan(self, plan: Plan | None, rates: Mapping[int, float]) -> None:
        """Fill it, or empty it without a plan."""
        rows = list(table_rows(plan, rates)) if plan is not None else []
        self.setRowCount(len(rows))
        for line, (part, value, why) in enumerate(rows):
            for column, text in enumerate((part, ", ".join(filter(None, (value, why))))):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                self.setItem(line, column, item)
        self.resizeRowsToContents()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            lines = sorted({index.row() for index in self.selectedIndexes()})
            cells = [[self.item(line, column) for column in range(2)] for line in lines]
            QGuiApplication.clipboard().setText(
                "\n".join("\t".join(cell.text() if cell else "" for cell in row) for row in cells)
            )
            return
        super().keyPressEvent(event)


def table_rows(plan: Plan, rates: Mapping[int, float]) -> Iterator[Row]:
    """Every figure of a plan."""
    for use in plan.use:
        for purpose, size in use.bytes.items():
            if size:
                yield f"{use.tier.upper()}: {WORDS[purpose]}", format_size(size), ""
        if use.tier is not Tier.SSD:
            yield f"{use.tier.upper()}: limit", format_size(use.limit), f"of {format_size(use.total)} in all"
    for tier in Tier:
        if tier in plan.layers:
            manner = "resident in" if tier is plan.resident_tier else "streamed from"
            yield f"Layers {manner} {tier.upper()}", str(plan.layers.count(tier)), f"of {len(plan.layers)}"
    yield "Embedding, head", f"{plan.embedding.upper()}, {plan.head.upper()}", "where they live"
    yield "Nodes per tree", str(plan.budget), "the fastest budget, or the one that was set"
    if plan.speed is None:
        yield "Speed", "none", "the plan does not fit"
        return
    speed, seconds = plan.speed, plan.speed.seconds
    for name, value in (
        ("stream", seconds.stream),
        ("compute", seconds.compute),
        ("draft", seconds.draft),
        ("choose", seconds.sample),
        ("hidden", -seconds.hidden),
    ):
        yield f"One pass: {name}", seconds_words(abs(value)), "runs behind another" if value < 0 else "reckoned"
    if speed.pace != 1.0:
        yield "One step", seconds_words(speed.step_seconds), f"{speed.pace:.2f} times the above, as earlier runs took"
    yield "Tokens per step", f"{speed.tokens_per_step:.2f}", speed.tokens_per_step_source
    yield "Speed", speed_range(speed), f"limited by {speed.limited_by}"
    yield "First token", seconds_words(speed.first_token), "after a prompt of 512 tokens"
    for nodes, rate in rates.items():
        yield f"Speed with {nodes} nodes", f"{figure(rate)} tok/s", "predicted"
    for warning in plan.warnings:
        yield "Remark", "", warning
