"""The list of drafts as a Qt model: one row a choice, greyed with the reason if it cannot be taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from app.language import tr
from app.picker.choice import DraftChoice
from app.picker.entries import ORIGINS
from core.sizes import count_text, format_size

if TYPE_CHECKING:
    from core.hub.facts import Facts
    from core.hub.library import InstalledModel

Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What a row tells beside its name."""

    DETAIL = Qt.ItemDataRole.UserRole + 1
    PROBLEM = Qt.ItemDataRole.UserRole + 2
    CHOSEN = Qt.ItemDataRole.UserRole + 3
    TAG = Qt.ItemDataRole.UserRole + 4
    MODEL = Qt.ItemDataRole.UserRole + 5


@dataclass(frozen=True)
class Row:
    """One choice. `model` is None for "No draft"."""

    name: str
    detail: str
    problem: str | None
    chosen: bool
    tag: str
    model: InstalledModel | None

    @property
    def spoken(self) -> str:
        """All of it, for a screen reader."""
        state = tr("chosen") if self.chosen else tr("cannot be used") if self.problem else ""
        return ", ".join(part for part in (self.name, state, self.detail, self.problem) if part)


class Rows(QAbstractListModel):
    """Choices, of which one is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []

    def set_rows(self, rows: list[Row]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        answers: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: row.name,
            Qt.ItemDataRole.AccessibleTextRole: row.spoken,
            Qt.ItemDataRole.ToolTipRole: str(row.model.folder) if row.model is not None else None,
            Role.DETAIL: row.detail,
            Role.PROBLEM: row.problem,
            Role.CHOSEN: row.chosen,
            Role.TAG: row.tag,
            Role.MODEL: row.model,
        }
        return answers.get(role)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self._rows[index.row()].problem is not None:
            return Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def draft_rows(drafts: Sequence[DraftChoice], draft: InstalledModel | None) -> list[Row]:
    """No draft, and every other model as a draft, those that do not fit last."""
    rows = [
        Row(
            choice.model.name,
            describe(choice.model),
            choice.problem,
            draft is not None and choice.model.folder == draft.folder,
            tr("suggested") if choice.suggested else "",
            choice.model,
        )
        for choice in drafts
    ]
    none = Row(tr("No draft"), tr("One token a pass: plain decoding."), None, draft is None, "", None)
    return [none, *sorted(rows, key=lambda row: (row.problem is not None, not row.tag))]


def describe(model: InstalledModel) -> str:
    """A model in one line: parameters, size, format, context, where it is from."""
    origin = ORIGINS.get(model.origin, model.origin)
    return origin if model.facts is None else f"{describe_facts(model.facts)} · {origin}"


def describe_facts(facts: Facts) -> str:
    """A usable model in one line."""
    return tr(
        "{parameters} parameters · {layers} layers · {bytes} · {precision} · context {context}",
        parameters=count_text(facts.parameters),
        layers=facts.layers,
        bytes=format_size(facts.bytes),
        precision=facts.precision,
        context=context_text(facts.context),
    )


def context_text(context: int) -> str:
    """Tokens in a few characters: "8k"."""
    return f"{context // 1024}k" if context >= 1024 else str(context)
