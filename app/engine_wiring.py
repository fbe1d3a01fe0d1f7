"""Between the engine and the panels: what a person asks for goes down, what the engine says comes up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.arrangement import PLAN
from app.chat.chat_settings import Pair
from app.chat.turn import NextStep
from app.chat_wiring import chosen_pair
from app.language import tr
from app.live_speed import LiveSpeed
from app.settings.plan_settings import NOTHING_SET
from app.versions import versions
from core.decoding.report import ReplySummary, StepReport
from core.engine.messages import Failed, Generate, Loading, Started
from core.locations import DEMO_TARGET

if TYPE_CHECKING:
    from app.window import MainWindow


class EngineWiring(QObject):
    """Connects a window's link to the engine with its session and panels."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._speed = LiveSpeed()
        self._reply = ""
        self._wanted: Pair | None = None
        link, session = window.link, window.session
        session.asked.connect(self._ask)
        session.load_wanted.connect(self._load_for)
        session.cancel_wanted.connect(link.cancel)
        link.started.connect(window.watch.record_engine)
        link.measured.connect(window.watch.saw_measured)
        window.watch.measure_wanted.connect(link.measure)
        window.planner.measure_wanted.connect(window.watch.measure_again)
        link.started.connect(_note_engine)
        link.loading.connect(self._show_loading)
        link.loaded.connect(window.engine.set_loaded)
        link.unloaded.connect(lambda: window.engine.set_loaded(None))
        link.text.connect(session.add_text)
        link.stepped.connect(self._add_steps)
        link.finished.connect(self._finish)
        link.failed.connect(self._fail)
        link.stopped.connect(self._engine_stopped)
        window.choice.chosen.connect(self._choose)
        window.engine.changed.connect(self._show_engine)
        self._show_engine()

    def load(self) -> None:
        """Load what is chosen as the plan says, or say why that cannot be; ask once where something speaks against."""
        window = self._window
        plan = window.planner.plan_here
        if plan is None:
            window.session.fail(
                tr("No model is chosen."), tr("Choose one on the models page (Ctrl+L)."), NextStep.MODELS
            )
        elif not plan.fits:
            window.session.fail(tr("The model does not fit in the limits."), " ".join(plan.warnings), NextStep.PLAN)
            window.arrangement.show_side(PLAN)
        elif (doubt := window.planner.ask_once()) is not None:
            window.session.fail(doubt, tr("Close other programs, or press Load anyway in the plan."), NextStep.PLAN)
            window.arrangement.show_side(PLAN)
        else:
            window.link.load(plan)
            self._show_loading(Loading(0, 0, ""))

    def _load_for(self, pair: Pair | None) -> None:
        """Load what a chat is to be written with: a pair of its own, or what is chosen."""
        if pair in (None, chosen_pair(self._window)):
            self.load()
            return
        assert pair is not None
        # It is loaded once the choice has found it and there is a plan.
        self._wanted = pair
        self._window.settings.remember(target=pair.target, draft=pair.draft, no_draft=pair.draft is None)
        self._window.choice.rescan()

    def _choose(self) -> None:
        window = self._window
        target, draft = window.choice.target, window.choice.draft
        settings = window.settings.current.plan_of(target.folder) if target else NOTHING_SET
        window.planner.set_models(target.spec if target else None, draft.spec if draft else None, settings)
        window.learning.recall(target.spec if target else None, draft.spec if draft else None)
        window.chat.empty.set_demo(target is not None and target.folder == DEMO_TARGET)
        window.watch.probe(target.folder if target else None)
        wanted, self._wanted = self._wanted, None
        if wanted is not None and chosen_pair(window) == wanted:
            self.load()
        elif wanted is not None:
            window.session.fail(
                tr("The models of this chat, {words}, are not here.", words=wanted.words),
                tr("Choose others on the models page, and in the settings of this chat."),
                NextStep.MODELS,
            )

    def _show_loading(self, loading: Loading) -> None:
        window = self._window
        window.engine.set_loading(loading)
        target = window.choice.target
        window.session.explain_wait(tr("Loading {target} first.", target=target.name if target else tr("the model")))

    def _show_engine(self) -> None:
        window, engine = self._window, self._window.engine
        window.top_bar.show_state(engine.summary)
        window.picker.show_loaded(engine.loaded is not None)
        window.planner.set_loaded(engine.loaded)
        window.learning.loaded(engine.loaded)
        window.planner.set_loading(engine.loading)
        window.status.set_speculation(engine.speculation)
        window.monitor.set_speculation(engine.speculation)
        window.monitor.set_plan(engine.loaded.plan if engine.loaded is not None else None)
        plan = engine.loaded.plan if engine.loaded is not None else window.planner.plan_here
        window.meter.set_model(plan.model if plan else None, plan.context if plan else 0)
        loaded = Pair(engine.loaded.plan.model, engine.loaded.plan.draft) if engine.loaded is not None else None
        window.session.set_ready(engine.ready, loaded)

    def _ask(self, request: Generate) -> None:
        window = self._window
        self._speed = LiveSpeed()
        self._reply = request.reply
        window.trees.begin(request)
        window.link.generate(window.planner.model.with_budget(request))

    def _add_steps(self, reply: str, steps: list[StepReport]) -> None:
        if reply != self._reply:
            return
        window = self._window
        for report in steps:
            self._speed.add(report)
            window.learning.add_step(report)
            window.monitor.add_step(report)
            window.status.add_step(report)
        window.trees.add_steps(steps)
        window.session.add_steps(reply, steps)
        window.top_bar.show_speed(self._speed.tokens_per_second, self._speed.tokens_per_step)

    def _finish(self, reply: str, summary: ReplySummary) -> None:
        window = self._window
        if reply == self._reply:
            window.trees.finish(summary)
        window.session.finish(reply, summary)
        window.monitor.finish(summary)
        window.planner.set_measured(summary)
        window.learning.finish(summary)
        window.top_bar.show_speed(summary.tokens_per_second, summary.tokens_per_step)

    def _fail(self, failure: Failed) -> None:
        window = self._window
        waited = window.session.busy
        window.session.engine_failed(failure)
        if not failure.reply:
            window.engine.set_loading(None)
            if not waited:
                window.tell_problem(failure.what, failure.remedy)

    def _engine_stopped(self, what: str, remedy: str) -> None:
        window = self._window
        waited = window.session.busy
        window.session.engine_stopped(what, remedy)
        window.engine.set_loaded(None)
        if not waited:
            window.tell_problem(what, remedy, tr("Load again"), self.load)
        window.reports.write("engine", what, ("engine.log",))


def _note_engine(started: Started) -> None:
    versions().engine = started
