"""The lists of the models page as Qt models: one row a choice, greyed with the reason if it cannot be taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from app.picker.choice import DraftChoice
from core.sizes import format_size

if TYPE_CHECKING:
    from core.hub.library import InstalledModel
    from core.models.spec import ModelSpec

Index = QModelIndex | QPersistentModelIndex

ORIGINS = {"bundled": "comes with Penjing", "folder": "your folder", "cache": "Hugging Face cache"}


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
        state = "chosen" if self.chosen else "cannot be used" if self.problem else ""
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


def target_rows(models: Sequence[InstalledModel], target: InstalledModel | None) -> list[Row]:
    """Every model as a target, those that cannot be used last."""
    rows = [
        Row(model.name, describe(model), model.problem, target is not None and model.folder == target.folder, "", model)
        for model in models
    ]
    return sorted(rows, key=lambda row: row.problem is not None)


def draft_rows(drafts: Sequence[DraftChoice], draft: InstalledModel | None) -> list[Row]:
    """No draft, and every other model as a draft, those that do not fit last."""
    rows = [
        Row(
            choice.model.name,
            describe(choice.model),
            choice.problem,
            draft is not None and choice.model.folder == draft.folder,
            "suggested" if choice.suggested else "",
            choice.model,
        )
        for choice in drafts
    ]
    none = Row("No draft", "One token a pass: plain decoding.", None, draft is None, "", None)
    return [none, *sorted(rows, key=lambda row: (row.problem is not None, not row.tag))]


def describe(model: InstalledModel) -> str:
    """A model in one line: parameters, size, format, context, where it is from."""
    origin = ORIGINS.get(model.origin, model.origin)
    return origin if model.spec is None else f"{describe_spec(model.spec)} · {origin}"


def describe_spec(spec: ModelSpec) -> str:
    """A checkpoint in one line."""
    context = f"{spec.context_limit // 1024}k" if spec.context_limit >= 1024 else str(spec.context_limit)
    return (
        f"{count_text(spec.parameters)} parameters · {len(spec.layers)} layers · {format_size(spec.bytes)} · "
        f"{format_name(spec)} · context {context}"
    )


def format_name(spec: ModelSpec) -> str:
    """The weights' format as people say it: "bf16", "awq"."""
    return (spec.quantisation or spec.dtype).lower()


def count_text(number: int) -> str:
    """A large count in a few characters: "8.7 M", "70.6 B"."""
    for limit, unit in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= limit:
            return f"{number / limit:.1f} {unit}"
    return str(number)
