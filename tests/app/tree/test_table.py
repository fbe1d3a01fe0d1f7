"""The table says the same as the picture, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.style.theme import Appearance, theme
from app.tree.layout import Kind, Place
from app.tree.scene import Scene
from app.tree.table import COLUMNS, NodeModel, NodeTable
from core.decoding.report import StepReport, TreeReport
from tests.app.tree.steps import grown_step, small_step, step, trees


def rows_of(report: StepReport) -> list[dict[str, str]]:
    model = NodeModel()
    model.show_scene(Scene(report, ()))
    return [
        {name: model.data(model.index(row, column)) for column, name in enumerate(COLUMNS)}  # type: ignore[misc]
        for row in range(model.rowCount())
    ]


def judged(report: StepReport) -> StepReport:
    """With what the target thought of each node."""
    count = len(report.tree.tokens)
    ranks = tuple(range(count))
    told = replace(report.tree, target_probabilities=(0.25,) * count, target_ranks=ranks, exit_probability=0.5)
    return replace(report, tree=replace(told, exit_rank=1))


def test_rows_come_in_reading_order_with_every_fact() -> None:
    rows = rows_of(judged(small_step()))
    assert [row["token"] for row in rows] == ["·Join", "·two", "·or", "·more", "·paths", "·of", "·more"]
    assert rows[0] == dict.fromkeys(COLUMNS, "") | {"token": "·Join", "depth": "0", "state": "root", "id": "100"}
    assert rows[2] == {
        "token": "·or",
        "depth": "2",
        "state": "accepted",
        "draft": "60%",
        "draft's rank": "1",
        "chance": "60%",
        "whole path": "48%",
        "target": "25%",
        "target's rank": "4",
        "source": "draft model",
        "id": "103",
        "text so far": "“ two or”",
    }
    assert rows[3]["state"] == "target's own"
    assert (rows[3]["target"], rows[3]["target's rank"]) == ("50%", "2")


@given(trees())
def test_every_node_has_one_row_and_so_has_the_targets_choice(report: TreeReport) -> None:
    model = NodeModel()
    model.show_scene(Scene(step(report), ()))
    places = [model.place_at(row) for row in range(model.rowCount())]
    nodes = [place.node for place in places if place is not None and place.kind is not Kind.EXIT]
    exits = [place for place in places if place is not None and place.kind is Kind.EXIT]
    assert len(places) == len(report.tokens) + 1
    assert len(exits) == 1
    assert len(nodes) == len(report.tokens)


def test_the_model_keeps_qts_rules(qtbot: QtBot) -> None:
    model = NodeModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    for report in (small_step(), grown_step(700), None):
        model.show_scene(Scene(report, ()) if report is not None else None)
    assert model.rowCount() == 0
    assert model.rowCount(QModelIndex()) == 0


@pytest.fixture
def table(qtbot: QtBot) -> NodeTable:
    theme().wear(Appearance.LIGHT, motion=False)
    widget = NodeTable()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    return widget


def test_rows_are_made_only_while_the_table_can_be_seen(table: NodeTable) -> None:
    table.show_scene(Scene(small_step(), ()))
    assert table.nodes.rowCount() == 0
    table.show()
    assert table.nodes.rowCount() == 7


def test_choosing_a_row_points_at_its_node_and_enter_opens_it(table: NodeTable, qtbot: QtBot) -> None:
    table.show()
    table.show_scene(Scene(small_step(), ()))
    pointed: list[Place | None] = []
    opened: list[Place | None] = []
    table.pointed.connect(pointed.append)
    table.opened.connect(opened.append)
    table.select_row(2)
    assert pointed[-1] is not None
    assert pointed[-1].node == 3
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert [place.node for place in opened if place] == [3]


def test_figures_are_defined_in_the_header(table: NodeTable) -> None:
    chance = COLUMNS.index("chance")
    role = Qt.ItemDataRole.ToolTipRole
    assert "noise" in str(table.nodes.headerData(chance, Qt.Orientation.Horizontal, role))
    assert table.accessibleName()
