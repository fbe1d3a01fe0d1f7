"""The settings of a plan that a person can move: limits, reserve, context, budget, cache and draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.drafters import NAMES
from app.language import tr
from app.planner.scales import RESERVE_STOPS
from app.planner.setting_row import BudgetRow, ChoiceRow, ContextRow, LimitRow, ReserveRow, SettingRow
from app.planner.view_model import PlannerModel
from app.settings.plan_settings import PlanSettings
from core.planning.plan import Plan, Tier
from core.planning.sources import SELF


class Controls(QWidget):
    """Signals: changed, with all settings as they are now to be; also while a slider is dragged."""

    changed = Signal(PlanSettings)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = PlanSettings()
        self.ram = LimitRow(
            tr("RAM limit"), tr("Most memory that the engine process may take, Python and all included.")
        )
        self.vram = LimitRow(tr("VRAM limit"), tr("Most memory that the engine may take on the graphics card."))
        self.reserve = ReserveRow(tr("Reserve"), tr("Memory kept for the rest of the computer: plans leave it free."))
        self.context = ContextRow(tr("Context"), tr("Tokens that a conversation may hold: type 6000 or 8k."))
        self.budget = BudgetRow(
            tr("Budget"), tr("Nodes per tree: more are accepted per pass, and each pass takes longer.")
        )
        self.kv_dtype = ChoiceRow(
            tr("Cache"),
            tr(
                "What keys and values are kept in: half the bytes hold twice the context. If that is less than layers "
                "compute with, replies may differ."
            ),
        )
        self.draft_tier = ChoiceRow(tr("Draft"), tr("Where the draft model lives."))
        self.drafter = ChoiceRow(
            tr("Drafter"),
            tr(
                "Who guesses what comes next: a small model; the target itself, with 4-bit copies of the layers that "
                "stream; or nobody but memories of the text."
            ),
        )
        self._rows: dict[str, SettingRow | ChoiceRow] = {
            "ram_limit": self.ram,
            "vram_limit": self.vram,
            "reserve": self.reserve,
            "context": self.context,
            "budget": self.budget,
            "kv_dtype": self.kv_dtype,
            "draft_tier": self.draft_tier,
            "drafter": self.drafter,
        }
        self._lay_out()
        for name, row in self._rows.items():
            row.changed.connect(lambda value, name=name: self._change(name, value))

    def show_model(self, model: PlannerModel) -> None:
        """Show the settings of a plan, and what the planner makes of those left to it."""
        plan = model.plan
        self._settings = model.settings
        for row in self._rows.values():
            row.setVisible(plan is not None)
        for limit_row, tier, limit in (
            (self.ram, Tier.RAM, model.settings.ram_limit),
            (self.vram, Tier.VRAM, model.settings.vram_limit),
        ):
            scale = model.limit_scale(tier)
            limit_row.setVisible(scale is not None)
            if scale is not None:
                limit_row.show_limit(limit, scale)
        if plan is not None:
            self._show_plan(model, plan)

    def _show_plan(self, model: PlannerModel, plan: Plan) -> None:
        settings = model.settings
        self.context.show_value(plan.context, model.context_stops)
        self.reserve.show_value(settings.reserve, RESERVE_STOPS)
        self.budget.show_budget(settings.budget, plan.budget)
        self.budget.setEnabled(plan.draft is not None or SELF in plan.sources)
        self.kv_dtype.show_choice(settings.kv_dtype, _short(model.kv_dtypes), plan.kv_dtype)
        tiers = {tier: tier.upper() for tier in model.draft_tiers}
        chosen = plan.draft_tier.value if plan.draft_tier else ""
        self.draft_tier.show_choice(settings.draft_tier, tiers, chosen, model.draft_words)
        self.draft_tier.setEnabled(plan.draft is not None)
        words = {name: NAMES[name] if name != "lookup" else tr("memories") for name in model.drafters}
        self.drafter.show_choice(settings.drafter, words, model.chosen_drafter, plan.choice)

    def _change(self, name: str, value: Any) -> None:
        self.changed.emit(replace(self._settings, **{name: value}))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for row in (self.ram, self.vram, self.reserve, self.context, self.budget):
            column.addWidget(row)
        choices = QHBoxLayout()
        choices.setSpacing(8)
        choices.addWidget(self.kv_dtype, 1)
        choices.addWidget(self.draft_tier, 1)
        column.addLayout(choices)
        column.addWidget(self.drafter)


def _short(dtypes: Sequence[str]) -> dict[str, str]:
    """What dtypes are called where there is little room: "bf16", "fp8"."""
    return {dtype: dtype.partition("_")[0].replace("bfloat", "bf").replace("float", "fp") for dtype in dtypes}
