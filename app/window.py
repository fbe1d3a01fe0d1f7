"""The main window: lays out the panels and wires them to the engine. Decides nothing itself."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSettings, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from app.chat.context_meter import ContextMeter
from app.chat.history import History
from app.chat.history_panel import HistoryPanel
from app.chat.keeper import Keeper
from app.chat.panel import ChatPanel
from app.chat.session import Session
from app.chat.turn import Chat, NextStep
from app.engine_link import EngineLink
from app.engine_state import EngineState
from app.live_speed import LiveSpeed
from app.machine_watch import MachineWatch
from app.monitor.panel import MonitorPanel
from app.monitor.status import StatusGauges
from app.picker.choice import Choice
from app.picker.panel import PickerPanel
from app.planner.panel import PlannerPanel
from app.settings.kept import KeptSettings
from app.settings.page import SettingsPage
from app.style.theme import theme
from app.toast import Toast
from app.top_bar import TopBar
from app.tree.panel import TreePanel
from core.decoding.report import ReplySummary, StepReport
from core.engine.messages import Failed, Generate, Loading
from core.locations import DEMO_TARGET

if TYPE_CHECKING:
    from core.chat.store import Conversation

log = logging.getLogger(__name__)

TREE, PLAN, MONITOR = range(3)


class MainWindow(QMainWindow):
    """Everything a person sees.

    Args:
        data: The person's folder, for chats, settings and logs.

    Signals:
        first_painted: The window is on screen; what takes long begins only now.
    """

    first_painted = Signal()

    def __init__(self, data: Path, link: EngineLink | None = None) -> None:
        super().__init__()
        self._data = data
        self.settings = KeptSettings(data / "settings.json", self)
        self.link = link or EngineLink(parent=self)
        self.keeper = Keeper(data / "chats.sqlite3", self)
        self.session = Session(self.keeper, lambda: self.settings.current, self)
        self.choice = Choice(lambda: self.settings.current, self.settings.remember, self)
        self.engine = EngineState(self.choice, self)
        self.watch = MachineWatch(
            lambda: self.link.pid,
            lambda: None if self.session.busy or self.engine.loading else self.planner.plan,
            self,
        )
        self.meter = ContextMeter(self)
        self._geometry = QSettings(str(data / "window.ini"), QSettings.Format.IniFormat, self)
        self._speed = LiveSpeed()
        self._reply = ""
        self._painted = False
        self._tree_shown = False
        self._make_panels()
        self._lay_out()
        self._wire_panels()
        self._wire_engine()
        self._add_shortcuts()
        self._restore_geometry()

    def tell(self, sentence: str) -> None:
        """Show a note for a while."""
        self.toast.say(sentence)

    def tell_bug(self, sentence: str) -> None:
        """Show that something went wrong inside, with the way to the log."""
        folder = QUrl.fromLocalFile(str(self._data / "logs"))
        self.toast.say(sentence, "Show log", lambda: QDesktopServices.openUrl(folder))

    def come_forward(self) -> None:
        """Show the window before all others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.Paint and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._begin)
        return done

    def closeEvent(self, event: QCloseEvent) -> None:
        self._geometry.setValue("geometry", self.saveGeometry())
        self._geometry.setValue("state", self.saveState())
        self._geometry.sync()
        self.session.close()
        self.link.close()
        for part in (self.keeper, self.settings, self.choice, self.watch, self.meter):
            part.close()
        super().closeEvent(event)

    def _begin(self) -> None:
        """What the window does first, once it can be seen."""
        log.debug("first paint %.3f s after the process began", time.time() - _process_began())
        self.first_painted.emit()
        self.chat.composer.focus()
        self.link.start()
        self.choice.rescan()
        self.history.refresh()
        self.watch.start()
        if self.settings.problem is not None:
            self.tell(str(self.settings.problem))

    def _make_panels(self) -> None:
        self.history = History(self.keeper, self)
        self.history_panel = HistoryPanel(self.history)
        self.chat = ChatPanel(self.session, self.meter, lambda: self.settings.current)
        self.picker = PickerPanel(self.choice)
        self.settings_page = SettingsPage(self.settings.current, self.settings.remember)
        self.tree = TreePanel()
        self.planner = PlannerPanel()
        self.monitor = MonitorPanel()
        self.status = StatusGauges()
        self.top_bar = TopBar()

    def _lay_out(self) -> None:
        self.setWindowTitle("Penjing")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.pages = QStackedWidget()
        for page in (self.chat, self.picker, self.settings_page):
            self.pages.addWidget(page)
        self.setCentralWidget(self.pages)
        self.setMenuWidget(self.top_bar)
        self.side = QTabWidget()
        self.side.setDocumentMode(True)
        self.side.tabBar().setDrawBase(False)
        for panel, name in ((self.tree, "Tree"), (self.planner, "Plan"), (self.monitor, "Monitor")):
            self.side.addTab(panel, name)
        self.side.setCurrentIndex(PLAN)
        self.left = _dock("chats", "Chats", self.history_panel, 180)
        self.right = _dock("side", "Tree, plan and monitor", self.side, 320)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.left)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.right)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(self.status, 1)
        self.toast = Toast(self)

    def _wire_panels(self) -> None:
        self.top_bar.history_wanted.connect(self._toggle_left)
        self.top_bar.side_wanted.connect(self._toggle_right)
        self.top_bar.models_wanted.connect(lambda: self._show_page(self.picker))
        self.top_bar.settings_wanted.connect(lambda: self._show_page(self.settings_page))
        self.top_bar.load_wanted.connect(self._load)
        self.top_bar.cancel_wanted.connect(self.link.cancel)
        self.picker.unload_wanted.connect(self.link.unload)
        self.picker.closed.connect(self._show_chat)
        self.settings_page.closed.connect(self._show_chat)
        self.planner.loadRequested.connect(self._load)
        self.planner.cancel_wanted.connect(self.link.cancel)
        self.history_panel.new_wanted.connect(self._new_chat)
        self.history_panel.open_wanted.connect(lambda chat: self.keeper.open(chat, self._open))
        self.history_panel.rename_wanted.connect(lambda chat, title: self.keeper.rename(chat.id, title))
        self.history_panel.delete_wanted.connect(self._delete)
        self.history.modelReset.connect(lambda: self.history_panel.mark_open(self.session.chat.id))
        self.chat.next_wanted.connect(self._help)
        self.session.load_wanted.connect(self._load)
        self.session.busy_changed.connect(lambda _: self.history.refresh())
        self.session.opened.connect(self._opened)
        self.settings.changed.connect(self._apply_settings)
        self.choice.chosen.connect(self._choose)
        self.watch.probed.connect(self.planner.set_machine)
        for gauges in (self.status.set_gauges, self.monitor.set_gauges):
            self.watch.read.connect(gauges)
        for part in (self.keeper, self.settings, self.choice):
            part.failed.connect(lambda what, remedy: self.tell(f"{what} {remedy}"))

    def _wire_engine(self) -> None:
        link, session = self.link, self.session
        session.asked.connect(self._ask)
        session.cancel_wanted.connect(link.cancel)
        link.started.connect(self.watch.record_engine)
        link.loading.connect(self._show_loading)
        link.loaded.connect(self.engine.set_loaded)
        link.unloaded.connect(lambda: self.engine.set_loaded(None))
        link.text.connect(session.add_text)
        link.stepped.connect(self._add_steps)
        link.finished.connect(self._finish)
        link.failed.connect(self._fail)
        link.stopped.connect(self._engine_stopped)
        self.engine.changed.connect(self._show_engine)
        self._show_engine()

    def _add_shortcuts(self) -> None:
        for keys, act in (
            ("Ctrl+N", self._new_chat),
            ("Ctrl+L", lambda: self._show_page(self.picker)),
            ("Ctrl+P", lambda: self._show_side(PLAN)),
            ("Ctrl+F", self._search),
            ("Ctrl+,", lambda: self._show_page(self.settings_page)),
            ("Ctrl+1", self._toggle_left),
            ("Ctrl+2", self._toggle_right),
            ("Esc", self._escape),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _restore_geometry(self) -> None:
        self.resize(1280, 800)
        self.resizeDocks([self.left, self.right], [224, 372], Qt.Orientation.Horizontal)
        geometry, state = self._geometry.value("geometry"), self._geometry.value("state")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(state, QByteArray):
            self.restoreState(state)

    # Pages and docks

    def _show_page(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)

    def _show_chat(self) -> None:
        self.pages.setCurrentWidget(self.chat)
        self.chat.composer.focus()

    def _show_side(self, tab: int) -> None:
        self.right.show()
        self.side.setCurrentIndex(tab)

    def _toggle_left(self) -> None:
        self.left.setVisible(self.left.isHidden())

    def _toggle_right(self) -> None:
        self.right.setVisible(self.right.isHidden())

    def _search(self) -> None:
        self.left.show()
        self.history_panel.focus_search()

    def _escape(self) -> None:
        if self.pages.currentWidget() is not self.chat:
            self._show_chat()
        else:
            self.session.stop()

    # Chats

    def _new_chat(self) -> None:
        self.session.new_chat()
        self._show_chat()

    def _opened(self) -> None:
        self.history_panel.mark_open(self.session.chat.id)
        if not self.session.busy:
            self.tree.clear()

    def _open(self, chat: Chat) -> None:
        self.session.show_chat(chat)
        self._show_chat()

    def _delete(self, conversation: Conversation) -> None:
        if self.session.writing_id == conversation.id:
            self.session.stop()
        self.keeper.delete(conversation.id)
        if self.session.chat.id == conversation.id:
            self.session.new_chat()
        self.toast.say(f"Deleted “{conversation.title}”.", "Undo", lambda: self.keeper.restore(conversation.id))

    # Models

    def _choose(self) -> None:
        target, draft = self.choice.target, self.choice.draft
        self.planner.set_models(target.spec if target else None, draft.spec if draft else None)
        self.chat.empty.set_demo(target is not None and target.folder == DEMO_TARGET)
        self.watch.probe(target.folder if target else None)

    def _load(self, _: object = None) -> None:
        plan = self.planner.plan
        if plan is None:
            self.session.fail("No model is chosen.", "Choose one on the models page (Ctrl+L).", NextStep.MODELS)
        elif not plan.fits:
            self.session.fail("The model does not fit in the limits.", " ".join(plan.warnings), NextStep.PLAN)
            self._show_side(PLAN)
        else:
            self.link.load(plan)
            self._show_loading(Loading(0, 0, ""))

    def _help(self, step: NextStep) -> None:
        match step:
            case NextStep.LOAD:
                self._load()
            case NextStep.NEW_CHAT:
                self._new_chat()
            case NextStep.PLAN:
                self._show_side(PLAN)
            case NextStep.MODELS:
                self._show_page(self.picker)

    def _show_loading(self, loading: Loading) -> None:
        self.engine.set_loading(loading)
        target = self.choice.target
        self.session.explain_wait(f"Loading {target.name if target else 'the model'} first.")

    def _show_engine(self) -> None:
        engine = self.engine
        self.top_bar.show_state(engine.summary)
        self.picker.show_loaded(engine.loaded is not None)
        self.planner.set_loaded(engine.loaded)
        self.planner.set_loading(engine.loading)
        self.status.set_speculation(engine.speculation)
        self.monitor.set_speculation(engine.speculation)
        plan = engine.loaded.plan if engine.loaded is not None else self.planner.plan
        self.meter.set_model(plan.model if plan else None, plan.context if plan else 0)
        self.session.set_ready(engine.ready)

    # Engine

    def _ask(self, request: Generate) -> None:
        self._speed = LiveSpeed()
        self._reply = request.reply
        self.tree.begin_reply(request.reply)
        if not self._tree_shown:
            # Once, so that the tree is found; after that, the person's own choice of tab stands.
            self._tree_shown = True
            self.side.setCurrentIndex(TREE)
        self.link.generate(self.planner.model.with_budget(request))

    def _add_steps(self, reply: str, steps: list[StepReport]) -> None:
        if reply != self._reply:
            return
        for report in steps:
            self._speed.add(report)
            self.monitor.add_step(report)
            self.status.add_step(report)
            self.tree.add_step(report)
        self.top_bar.show_speed(self._speed.tokens_per_second, self._speed.tokens_per_step)

    def _finish(self, reply: str, summary: ReplySummary) -> None:
        self.session.finish(reply, summary)
        self.tree.finish(summary)
        self.monitor.finish(summary)
        self.planner.set_measured(summary)
        self.top_bar.show_speed(summary.tokens_per_second, summary.tokens_per_step)

    def _fail(self, failure: Failed) -> None:
        waited = self.session.busy
        self.session.engine_failed(failure)
        if not failure.reply:
            self.engine.set_loading(None)
            if not waited:
                self.tell(f"{failure.what} {failure.remedy}")

    def _engine_stopped(self, what: str, remedy: str) -> None:
        waited = self.session.busy
        self.session.engine_stopped(what, remedy)
        self.engine.set_loaded(None)
        if not waited:
            self.toast.say(f"{what} {remedy}", "Load again", self._load)

    def _apply_settings(self, fields: set[str]) -> None:
        if fields & {"appearance", "motion"}:
            theme().wear(self.settings.current.appearance, self.settings.current.motion)


def _dock(name: str, title: str, content: QWidget, least: int) -> QDockWidget:
    dock = QDockWidget(title)
    dock.setObjectName(name)
    dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
    # The bars at the top say what a dock is; a title of its own would say it twice.
    dock.setTitleBarWidget(QWidget())
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(content)
    holder.setMinimumWidth(least)
    dock.setWidget(holder)
    return dock


def _process_began() -> float:
    import psutil

    began: float = psutil.Process().create_time()
    return began
