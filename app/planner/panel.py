"""The planner panel: where every byte will live, what speed to expect, the settings for both, and Load."""

from __future__ import annotations

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
from app.planner.controls import Controls
from app.planner.curve import BudgetCurve
from app.planner.layer_tiles import LayerTiles
from app.planner.machine_view import MachineView
from app.planner.speed_view import SpeedView
from app.planner.table import PlanTable
from app.planner.tank import Tank
from app.planner.tank_model import tanks
from app.planner.view_model import PlannerModel
from app.planner.what_if import Parts, WhatIf
from app.planner.worth_table import short_name
from app.settings.plan_settings import NOTHING_SET, PlanSettings
from app.style.buttons import primary_button, quiet_button
from app.style.page import Caption
from app.style.theme import theme
from core.decoding.report import ReplySummary
from core.engine.messages import Loaded, Loading
from core.machine.machine import Machine
from core.models.spec import ModelSpec
from core.planning.knowledge import Knowledge
from core.planning.plan import Plan, Purpose, Tier
from core.planning.worth import Offer


class PlannerPanel(QWidget):
    """Shows the plan for the models chosen and re-plans at every move of a slider.

    Signals:
        loadRequested: The plan to load, exactly as shown.
        cancel_wanted: The load in progress should end.
        measure_wanted: What this computer does should be measured again.
        worth_wanted: Well-known models should be compared.
        settings_changed: What the person set, for the models that are chosen.
        computer_changed: The computer that is planned for, and what it is only thought to have.
    """

    loadRequested = Signal(object)  # noqa: N815
    cancel_wanted = Signal()
    measure_wanted = Signal()
    worth_wanted = Signal()
    settings_changed = Signal(object)
    computer_changed = Signal(object, Parts)

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
        self.controls = Controls()
        self.speed = SpeedView()
        self.curve = BudgetCurve()
        self.errors = QLabel()
        self.what_if = WhatIf()
        self.computer = MachineView()
        self.table = PlanTable()
        self.pictures = QWidget()
        self.elsewhere = QLabel()
        self.back = quiet_button(tr("Back to my models"))
        self.worth = QPushButton(tr("Which models are worth downloading?"))
        self.as_table = quiet_button(tr("As a table"))
        self.again = quiet_button(tr("Measure again"))
        self.nearest = quiet_button(tr("Use the nearest plan that fits"))
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

    @property
    def plan_here(self) -> Plan | None:
        """The plan that can be loaded: of the models that are chosen, on this computer as it is."""
        return self.model.plan_here

    def set_models(
        self, target: ModelSpec | None, draft: ModelSpec | None, settings: PlanSettings = NOTHING_SET
    ) -> None:
        """Plan for a pair, with what was set for its target."""
        self.model.set_models(target, draft, settings)
        self._show()

    def set_machine(self, machine: Machine) -> None:
        """Plan for what the machine offers now."""
        self.model.set_machine(machine)
        self.computer_changed.emit(self.model.planned_machine, self.model.parts)
        self._show()

    def set_knowledge(self, knowledge: Knowledge) -> None:
        """Plan with what is known of the pair."""
        self.model.set_knowledge(knowledge)
        self._show()

    def show_offer(self, offer: Offer | None) -> None:
        """Show the plan of a well-known model instead of those that are chosen, or of these again with None."""
        self.model.set_offer(offer)
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

    def change(self, settings: PlanSettings) -> None:
        """Plan with other settings, and show what that moved."""
        self.model.set(settings)
        self.settings_changed.emit(settings)
        self._show()

    def _show(self) -> None:
        model, plan = self.model, self.model.plan
        self.page.setVisible(plan is not None)
        self._show_sentence(self.empty, model.problem if plan is None else None)
        self._show_tanks()
        self.computer.show_machine(model.planned_machine)
        self._show_sentence(self.elsewhere, _elsewhere(model))
        self.back.setVisible(model.offer is not None)
        self.tiles.show_plan(plan, model.shown[0], [key for key in model.changed if isinstance(key, int)])
        self._show_sentence(self.shortfall, model.shortfall_sentence)
        self.nearest.setVisible(plan is not None and not plan.fits)
        self._show_sentence(self.remarks, "\n".join(model.remarks))
        self._show_sentence(self.errors, model.error_words)
        rates = model.rates
        self.curve.show_rates(rates, plan.budget if plan else 0)
        if self.as_table.isChecked():
            self.table.show_plan(plan, rates)
        self.controls.show_model(model)
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
        doubted = self.model.asked and self.model.doubt is not None and not self.model.is_loaded
        self.load.setText(tr("Load anyway") if doubted else tr("Load again") if again else tr("Load"))
        self.load.setToolTip(problem or tr("Load the models as planned (the engine holds exactly what you see)."))
        self.auto.setEnabled(self.plan is not None and self.model.settings != NOTHING_SET)
        if doubted:
            self._show_sentence(self.shortfall, self.model.doubt)
        quiet = problem if self.plan is not None and self.plan.fits and loading is None else None
        self._show_sentence(self.reason, quiet)

    def _show_sentence(self, label: QLabel, sentence: str | None) -> None:
        label.setText(sentence or "")
        label.setVisible(bool(sentence))

    def _connect(self) -> None:
        self.controls.changed.connect(self.change)
        self.what_if.changed.connect(self._change_parts)
        self.as_table.toggled.connect(self._show_as_table)
        self.again.clicked.connect(self.measure_wanted)
        self.worth.clicked.connect(self.worth_wanted)
        self.back.clicked.connect(lambda: self.show_offer(None))
        self.nearest.clicked.connect(self._take_nearest)
        self.auto.clicked.connect(lambda: self.change(NOTHING_SET))
        self.load.clicked.connect(self.request_load)
        self.cancel.clicked.connect(self.cancel_wanted)

    def request_load(self) -> None:
        """Ask for the plan that is shown to be loaded; where something speaks against that, at the second time."""
        if self.plan is not None and self.model.load_problem is None and self.ask_once() is None:
            self.loadRequested.emit(self.plan)

    def ask_once(self) -> str | None:
        """What speaks against loading the plan here, the first time; Load then says that it is meant anyway."""
        doubt = self.model.ask_once()
        if doubt is not None:
            self._show_loading()
        return doubt

    def _change_parts(self, parts: Parts) -> None:
        self.model.set_parts(parts)
        self.computer_changed.emit(self.model.planned_machine, parts)
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
        self.elsewhere.setProperty("card", True)
        self.elsewhere.setWordWrap(True)
        whole.addWidget(self.elsewhere)
        whole.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        whole.addWidget(self.pictures)
        self.table.setMinimumHeight(420)
        self.table.hide()
        whole.addWidget(self.table, 1)
        whole.addLayout(self._views())
        whole.addWidget(Caption(tr("What if this computer had …")))
        whole.addWidget(self.what_if)
        whole.addWidget(self.worth, 0, Qt.AlignmentFlag.AlignLeft)
        whole.addWidget(Caption(tr("What the plan knows of the computer")))
        whole.addWidget(self.computer)
        whole.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
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
            label.setWordWrap(True)
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
        column.addWidget(self.controls)
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


def _elsewhere(model: PlannerModel) -> str | None:
    """That the plan is not for what is here, where it is not."""
    if model.offer is not None:
        name, weights = short_name(model.offer), model.offer.weight_format
        return tr("The plan of {name} in {format}, which is not here.", name=name, format=weights)
    return tr("The plan for a computer with {parts}.", parts=model.parts.words) if model.parts.any else None


def _ours(purpose: Purpose) -> bool:
    return purpose not in (Purpose.OTHERS, Purpose.RESERVE)
