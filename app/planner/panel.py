"""The planner panel: where every byte will live, what speed to expect, the settings for both, and Load."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.language import tr
from app.planner.curve import BudgetCurve
from app.planner.layer_tiles import LayerTiles
from app.planner.scales import RESERVE_STOPS
from app.planner.setting_row import BudgetRow, ContextRow, LimitRow, ReserveRow
from app.planner.speed_view import SpeedView
from app.planner.table import PlanTable
from app.planner.tank import Tank
from app.planner.tank_model import tanks
from app.planner.view_model import PlannerModel, Settings
from app.planner.what_if import Parts, WhatIf
from app.style.buttons import primary_button, quiet_button
from app.style.page import Caption
from app.style.theme import theme
from core.decoding.report import ReplySummary
from core.engine.messages import Loaded, Loading
from core.machine.machine import Machine
from core.models.spec import ModelSpec
from core.planning.knowledge import Knowledge
from core.planning.plan import Plan, Purpose, Tier


class PlannerPanel(QWidget):
    """Shows the plan for the models chosen and re-plans at every move of a slider.

    Signals:
        loadRequested: The plan to load, exactly as shown.
        cancel_wanted: The load in progress should end.
        measure_wanted: What this computer does should be measured again.
    """

    loadRequested = Signal(object)  # noqa: N815
    cancel_wanted = Signal()
    measure_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PlannerModel()
        self.tanks: dict[Tier, Tank] = {tier: Tank() for tier in Tier}
        self.tiles = LayerTiles()
        self.empty = QLabel()
        self.page = QWidget()
        self._scroll, self._content = QScrollArea(), QWidget()
        self.shortfall = QLabel()
        self.remarks = QLabel()
        self.ram = LimitRow(
            tr("RAM limit"), tr("Most memory that the engine process may take, Python and all included.")
        )
        self.vram = LimitRow(tr("VRAM limit"), tr("Most memory that the engine may take on the graphics card."))
        self.context = ContextRow(tr("Context"), tr("Tokens that a conversation may hold: type 6000 or 8k."))
        self.budget = BudgetRow(
            tr("Budget"), tr("Nodes per tree: more are accepted per pass, and each pass takes longer.")
        )
        self.reserve = ReserveRow(tr("Reserve"), tr("Memory kept for the rest of the computer: plans leave it free."))
        self.speed = SpeedView()
        self.curve = BudgetCurve()
        self.errors = QLabel()
        self.what_if = WhatIf()
        self.table = PlanTable()
        self.pictures = QWidget()
        self.as_table = quiet_button(tr("As a table"))
        self.again = quiet_button(tr("Measure again"))
        self.nearest = quiet_button(tr("Use the nearest plan that fits"))
        self._doubted: Plan | None = None
        self.auto = QPushButton(tr("Auto"))
        self.load = primary_button(tr("Load"))
        self.reason = QLabel()
        self.progress = QProgressBar()
        self.progress_words = QLabel()
        self.cancel = QPushButton(tr("Cancel"))
        self._lay_out()
        self._connect()
        self._show()

    @property
    def plan(self) -> Plan | None:
        """The plan that is shown."""
        return self.model.plan

    def set_models(self, target: ModelSpec | None, draft: ModelSpec | None) -> None:
        """Plan for a pair."""
        self.model.set_models(target, draft)
        self._show()

    def set_machine(self, machine: Machine) -> None:
        """Plan for what the machine offers now."""
        self.model.set_machine(machine)
        self._show()

    def set_knowledge(self, knowledge: Knowledge) -> None:
        """Plan with what is known of the pair."""
        self.model.set_knowledge(knowledge)
        self._show()

    def set_loaded(self, loaded: Loaded | None) -> None:
        """Show what is loaded now."""
        self.model.set_loaded(loaded)
        self._show()

    def set_loading(self, loading: Loading | None) -> None:
        """Show the progress of a load; None when it has ended."""
        self.model.loading = loading
        self._show_loading()

    def set_measured(self, summary: ReplySummary) -> None:
        """Set a finished reply beside the prediction."""
        self.model.measured = summary
        self._show_speed(changed=False)

    def change(self, settings: Settings) -> None:
        """Plan with other settings, and show what that moved."""
        self.model.set(settings)
        self._show()

    def _show(self) -> None:
        model, plan = self.model, self.model.plan
        for widget in (self.page, self.context, self.budget, self.reserve):
            widget.setVisible(plan is not None)
        self._show_sentence(self.empty, model.problem if plan is None else None)
        self._show_tanks()
        self.tiles.show_plan(plan, model.target, [key for key in model.changed if isinstance(key, int)])
        self._show_sentence(self.shortfall, model.shortfall_sentence)
        self.nearest.setVisible(plan is not None and not plan.fits)
        self._show_sentence(self.remarks, "\n".join(model.remarks))
        self._show_sentence(self.errors, model.error_words)
        rates = model.rates
        self.curve.show_rates(rates, plan.budget if plan else 0)
        if self.as_table.isChecked():
            self.table.show_plan(plan, rates)
        for row, tier, limit in (
            (self.ram, Tier.RAM, model.settings.ram_limit),
            (self.vram, Tier.VRAM, model.settings.vram_limit),
        ):
            scale = model.limit_scale(tier)
            row.setVisible(scale is not None)
            if scale is not None:
                row.show_limit(limit, scale)
        if plan is not None:
            self.context.show_value(plan.context, model.context_stops)
            self.reserve.show_value(model.settings.reserve, RESERVE_STOPS)
            self.budget.show_budget(model.settings.budget, plan.budget)
            self.budget.setEnabled(plan.draft is not None)
        self._show_speed(changed="speed" in model.changed)
        self._show_loading()
        self._settle()

    def _settle(self) -> None:
        """Give everything its place at once: nested layouts take a turn of the event loop each, and until the last
        has come, what is painted overlaps."""
        for layout in (self.pictures.layout(), self.page.layout(), self._content.layout()):
            assert layout is not None
            layout.activate()
        # This gives the page the height that its parts want now.
        QCoreApplication.sendEvent(self._scroll, QEvent(QEvent.Type.LayoutRequest))

    def _show_tanks(self) -> None:
        shown = {tank.tier: tank for tank in tanks(self.model.plan)} if self.model.plan else {}
        changed = [key for key in self.model.changed if isinstance(key, tuple)]
        for tier, widget in self.tanks.items():
            widget.setVisible(tier in shown)
            if tier in shown:
                widget.show_model(shown[tier], [purpose for at, purpose in changed if at is tier and _ours(purpose)])

    def _show_speed(self, changed: bool) -> None:
        plan = self.model.plan
        self.speed.show_speed(plan.speed if plan else None, self.model.measured_speed, changed)

    def _show_loading(self) -> None:
        """The bottom line: progress while loading, else the buttons and why Load may be off."""
        loading, problem = self.model.loading, self.model.load_problem
        for widget in (self.progress, self.progress_words, self.cancel):
            widget.setVisible(loading is not None)
        for button in (self.auto, self.load):
            button.setVisible(loading is None)
        if loading is not None:
            self.progress.setRange(0, 1000)
            self.progress.setValue(1000 * loading.done // max(1, loading.total))
            self.progress_words.setText(loading.words)
        self.load.setEnabled(problem is None)
        again = self.model.loaded is not None and not self.model.is_loaded
        doubted = self._doubted is not None and self._doubted == self.plan
        self.load.setText(tr("Load anyway") if doubted else tr("Load again") if again else tr("Load"))
        self.load.setToolTip(problem or tr("Load the models as planned (the engine holds exactly what you see)."))
        self.auto.setEnabled(self.plan is not None and self.model.settings != Settings())
        if doubted:
            self._show_sentence(self.shortfall, self.model.doubt)
        quiet = problem if self.plan is not None and self.plan.fits and loading is None else None
        self._show_sentence(self.reason, quiet)

    def _show_sentence(self, label: QLabel, sentence: str | None) -> None:
        label.setText(sentence or "")
        label.setVisible(bool(sentence))

    def _connect(self) -> None:
        self.ram.changed.connect(lambda limit: self.change(replace(self.model.settings, ram_limit=limit)))
        self.vram.changed.connect(lambda limit: self.change(replace(self.model.settings, vram_limit=limit)))
        self.context.changed.connect(lambda context: self.change(replace(self.model.settings, context=context)))
        self.budget.changed.connect(lambda budget: self.change(replace(self.model.settings, budget=budget)))
        self.reserve.changed.connect(lambda reserve: self.change(replace(self.model.settings, reserve=reserve)))
        self.what_if.changed.connect(self._change_parts)
        self.as_table.toggled.connect(self._show_as_table)
        self.again.clicked.connect(self.measure_wanted)
        self.nearest.clicked.connect(self._take_nearest)
        self.auto.clicked.connect(lambda: self.change(Settings()))
        self.load.clicked.connect(self._request_load)
        self.cancel.clicked.connect(self.cancel_wanted)

    def _request_load(self) -> None:
        if self.plan is None or self.model.load_problem is not None:
            return
        if self.model.doubt and self._doubted != self.plan:
            # Asked once: the next press means it.
            self._doubted = self.plan
            self._show_loading()
            return
        self._doubted = None
        self.loadRequested.emit(self.plan)

    def _change_parts(self, parts: Parts) -> None:
        self.model.set_parts(parts)
        self._show()

    def _take_nearest(self) -> None:
        settings = self.model.nearest()
        if settings is not None:
            self.change(settings)
        else:
            self._show_sentence(self.shortfall, tr("No setting makes this model fit. Choose a smaller one."))

    def _show_as_table(self, table: bool) -> None:
        self.table.setVisible(table)
        self.pictures.setVisible(not table)
        if table:
            self.table.show_plan(self.plan, self.model.rates)
        self._settle()

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self.page)
        whole.setContentsMargins(12, 12, 12, 12)
        whole.setSpacing(8)
        whole.addWidget(self.pictures)
        self.table.setMinimumHeight(420)
        self.table.hide()
        whole.addWidget(self.table, 1)
        whole.addLayout(self._views())
        whole.addWidget(Caption(tr("What if this computer had …")))
        whole.addWidget(self.what_if)
        whole.addStretch()
        self._lay_out_pictures()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(tr("Plan"))
        self._content.setObjectName("page")
        both = QVBoxLayout(self._content)
        both.setContentsMargins(0, 0, 0, 0)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.empty.setMargin(24)
        self.empty.setProperty("muted", True)
        both.addWidget(self.empty)
        both.addWidget(self.page)
        self._scroll.setWidget(self._content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._scroll, 1)
        outer.addWidget(self._bottom())

    def _lay_out_pictures(self) -> None:
        """Tanks, layers and speed, one below the other."""
        column = QVBoxLayout(self.pictures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Caption(tr("Memory")))
        for tank in self.tanks.values():
            column.addWidget(tank)
        self.shortfall.setProperty("wrong", True)
        self.remarks.setProperty("muted", True)
        self.remarks.setFont(theme().font(11))
        self.errors.setProperty("muted", True)
        self.errors.setFont(theme().font(11))
        for label in (self.shortfall, self.remarks, self.errors):
            label.setWordWrap(True)
        column.addWidget(self.shortfall)
        column.addWidget(self.nearest, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(Caption(tr("Layers")))
        column.addWidget(self.tiles)
        column.addWidget(Caption(tr("Speed of one pass")))
        column.addWidget(self.speed)
        column.addWidget(self.errors)
        column.addWidget(Caption(tr("Tokens per second by nodes per tree")))
        column.addWidget(self.curve)
        column.addWidget(self.remarks)

    def _views(self) -> QHBoxLayout:
        """What else can be done with the page."""
        self.as_table.setCheckable(True)
        self.as_table.setToolTip(tr("Show everything in words and numbers, to read aloud or to copy."))
        self.again.setToolTip(tr("Measure processor, memory and drive again; a few seconds, while nothing is written."))
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.as_table)
        line.addWidget(self.again)
        line.addStretch()
        return line

    def _bottom(self) -> QWidget:
        """Sliders, progress and buttons: always in sight, and never moved by what they change."""
        bottom = QFrame()
        rule = QFrame()
        rule.setProperty("rule", True)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Loading"))
        for label in (self.progress_words, self.reason):
            label.setProperty("muted", True)
            label.setFont(theme().font(11))
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.progress_words, 1)
        line.addWidget(self.reason, 1)
        line.addStretch()
        for button in (self.auto, self.load, self.cancel):
            line.addWidget(button)
        self.auto.setToolTip(tr("Leave every choice to the planner."))
        column = QVBoxLayout()
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(4)
        for row in (self.ram, self.vram, self.reserve, self.context, self.budget):
            column.addWidget(row)
        column.addSpacing(4)
        column.addWidget(self.progress)
        column.addSpacing(4)
        column.addLayout(line)
        outer = QVBoxLayout(bottom)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(rule)
        outer.addLayout(column)
        return bottom


def _ours(purpose: Purpose) -> bool:
    return purpose not in (Purpose.OTHERS, Purpose.RESERVE)
