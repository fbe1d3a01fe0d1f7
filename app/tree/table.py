"""The tree as a table: the same content as the picture, for screen readers and for looking up figures."""

from __future__ import annotations

from math import exp

from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QHeaderView, QTableView, QWidget

from app.drafters import drafter_words
from app.language import tr
from app.style.theme import theme
from app.tree.layout import Place
from app.tree.scene import Scene
from app.tree.wording import (
    DEFINITIONS,
    SHORT_STATES,
    draft_words,
    drafted_text,
    label,
    percent,
    quoted,
    rank_words,
    target_words,
)
from core.decoding.report import NodeState

COLUMNS = (
    *(
        tr("token"),
        tr("depth"),
        tr("state"),
        tr("draft"),
        tr("chance"),
        tr("whole path"),
        tr("target"),
        tr("draft's rank"),
        tr("target's rank"),
    ),
    *(tr("source"), tr("id"), tr("text so far")),
)

_NUMBERS = {
    tr("depth"),
    tr("draft"),
    tr("chance"),
    tr("whole path"),
    tr("target"),
    tr("draft's rank"),
    tr("target's rank"),
    tr("id"),
}
_OF_ROOT = {tr("token"), tr("depth"), tr("state"), tr("id")}
_EXIT = -1
"""Stands for the target's own choice among the nodes."""

_ROOT = QModelIndex()

Index = QModelIndex | QPersistentModelIndex


class NodeModel(QAbstractTableModel):
    """Nodes from the root down, each followed by its children, the best first; cells are worked out when looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._scene: Scene | None = None
        self._rows: list[int] = []

    def show_scene(self, scene: Scene | None) -> None:
        self.beginResetModel()
        self._scene = scene
        self._rows = _reading_order(scene) if scene is not None else []
        self.endResetModel()

    def place_at(self, row: int) -> Place | None:
        """What a row tells of."""
        if self._scene is None or not 0 <= row < len(self._rows):
            return None
        node = self._rows[row]
        return self._scene.exit if node == _EXIT else self._scene.place_of(node)

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return DEFINITIONS.get(COLUMNS[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if self._scene is None or not index.isValid():
            return None
        name, node = COLUMNS[index.column()], self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._of_exit(name) if node == _EXIT else self._of_node(name, node)
        if role == Qt.ItemDataRole.TextAlignmentRole and name in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole:
            taken = node != _EXIT and self._scene.tree.states[node] is NodeState.ACCEPTED
            return theme().font(11, mono=name != tr("source"), bold=taken)
        return None

    def _of_node(self, name: str, node: int) -> str:
        assert self._scene is not None
        tree = self._scene.tree
        cells = {
            tr("token"): lambda: label(tree.texts[node]),
            tr("depth"): lambda: str(self._depth(node)),
            tr("state"): lambda: SHORT_STATES[tree.states[node]],
            tr("draft"): lambda: draft_words(tree, node),
            tr("draft's rank"): lambda: str(tree.ranks[node] + 1),
            tr("chance"): lambda: percent(tree.probabilities[node]),
            tr("whole path"): lambda: percent(exp(min(0.0, tree.scores[node]))),
            tr("target"): lambda: target_words(tree, node),
            tr("target's rank"): lambda: rank_words(tree, node),
            tr("source"): lambda: drafter_words(tree.sources[node]),
            tr("id"): lambda: str(tree.tokens[node]),
            tr("text so far"): lambda: quoted(drafted_text(tree, node)),
        }
        return "" if node == 0 and name not in _OF_ROOT else cells[name]()

    def _of_exit(self, name: str) -> str:
        assert self._scene is not None
        tree = self._scene.tree
        cells = {
            tr("token"): label(tree.exit_text),
            tr("depth"): str(self._depth(tree.exit_node) + 1),
            tr("state"): tr("target's own"),
            tr("target"): percent(tree.exit_probability) if tree.exit_probability is not None else "–",
            tr("target's rank"): f"{tree.exit_rank + 1:,}" if tree.exit_rank is not None else "–",
            tr("id"): str(tree.exit_token),
            tr("text so far"): quoted(drafted_text(tree, tree.exit_node) + tree.exit_text),
        }
        return cells.get(name, "")

    def _depth(self, node: int) -> int:
        assert self._scene is not None
        return self._scene.depths[node]


class NodeTable(QTableView):
    """Shows a `Scene` as a table while it is visible.

    Signals:
        pointed: The `Place` of the row that was chosen.
        opened: The `Place` of the row that was double-clicked, or chosen when Enter was pressed.
    """

    pointed = Signal(object)
    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.nodes = NodeModel()
        self._scene: Scene | None = None
        self._shown: Scene | None = None
        self.setModel(self.nodes)
        self.setAccessibleName(tr("Nodes of the draft tree"))
        for corner in self.findChildren(QAbstractButton):  # Qt's own, above the hidden header.
            corner.setAccessibleName(tr("All rows"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(20)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setFont(theme().font(11))
        header.setStretchLastSection(True)
        for section, width in enumerate((84, 46, 96, 48, 56, 76, 56, 82, 88, 108, 60, 320)):
            self.setColumnWidth(section, width)
        self.selectionModel().currentRowChanged.connect(lambda row: self.pointed.emit(self.nodes.place_at(row.row())))
        self.activated.connect(lambda row: self.opened.emit(self.nodes.place_at(row.row())))
        theme().changed.connect(self.viewport().update)

    def show_scene(self, scene: Scene | None) -> None:
        """Turn to a step; the rows are made only while the table can be seen."""
        self._scene = scene
        if self.isVisible():
            self._fill()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._fill()

    def select_row(self, row: int) -> None:
        """Choose a row as a click does."""
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self.nodes.index(row, 0), flags)

    def _fill(self) -> None:
        if self._shown is not self._scene:
            self._shown = self._scene
            self.nodes.show_scene(self._scene)


def _reading_order(scene: Scene) -> list[int]:
    """All nodes depth first, the best child of each first; the target's own choice right behind what it hangs on."""
    tree = scene.tree
    children: list[list[int]] = [[] for _ in tree.parents]
    for node, parent in enumerate(tree.parents[1:], start=1):
        children[parent].append(node)
    order = []
    waiting = [0]
    while waiting:
        node = waiting.pop()
        order.append(node)
        if node == _EXIT:
            continue
        waiting.extend(sorted(children[node], key=lambda child: (-tree.ranks[child], -child)))
        if node == tree.exit_node:
            waiting.append(_EXIT)
    return order
