"""The plan as a table: all that the pictures show, in words and numbers, for reading aloud and for copying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.language import tr
from app.planner.speed_view import LIMITS
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
        self.setHorizontalHeaderLabels([tr("Part"), tr("Value")])
        self.setAccessibleName(tr("The plan as a table"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(True)
        self.setTabKeyNavigation(False)
        for corner in self.findChildren(QAbstractButton):  # Qt's own, above the hidden header.
            corner.setAccessibleName(tr("All rows"))
        self.setProperty("plain", True)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
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
            yield (
                tr("{tier}: limit", tier=use.tier.upper()),
                format_size(use.limit),
                tr("of {total} in all", total=format_size(use.total)),
            )
    for tier in Tier:
        if tier in plan.layers:
            manner = tr("resident in") if tier is plan.resident_tier else tr("streamed from")
            yield (
                tr("Layers {manner} {tier}", manner=manner, tier=tier.upper()),
                str(plan.layers.count(tier)),
                tr("of {count}", count=len(plan.layers)),
            )
    yield tr("Keys and values"), f"{plan.kv_dtype}, {plan.kv.upper()}", tr("what they are kept in, and where")
    if plan.draft_tier is not None:
        resident = plan.draft_tier is plan.resident_tier
        yield tr("Draft model"), plan.draft_tier.upper(), tr("resident") if resident else tr("streamed at its passes")
    yield tr("Embedding, head"), f"{plan.embedding.upper()}, {plan.head.upper()}", tr("where they live")
    yield tr("Nodes per tree"), str(plan.budget), tr("the fastest budget, or the one that was set")
    if plan.speed is None:
        yield tr("Speed"), tr("none"), tr("the plan does not fit")
        return
    speed, seconds = plan.speed, plan.speed.seconds
    for name, value in (
        (tr("stream"), seconds.stream),
        (tr("compute"), seconds.compute),
        (tr("draft"), seconds.draft),
        (tr("choose"), seconds.sample),
        (tr("hidden"), -seconds.hidden),
    ):
        yield (
            tr("One pass: {name}", name=name),
            seconds_words(abs(value)),
            tr("runs behind another") if value < 0 else tr("reckoned"),
        )
    if speed.pace != 1.0:
        yield (
            tr("One step"),
            seconds_words(speed.step_seconds),
            tr("{pace:.2f} times the above, as earlier runs took", pace=speed.pace),
        )
    yield tr("Tokens per step"), f"{speed.tokens_per_step:.2f}", speed.tokens_per_step_source
    limit = LIMITS.get(speed.limited_by, speed.limited_by)
    yield tr("Speed"), speed_range(speed), tr("limited by {limit}", limit=limit)
    yield tr("First token"), seconds_words(speed.first_token), tr("after a prompt of 512 tokens")
    for nodes, rate in rates.items():
        yield tr("Speed with {nodes} nodes", nodes=nodes), f"{figure(rate)} tok/s", tr("predicted")
    for warning in plan.warnings:
        yield tr("Remark"), "", warning
