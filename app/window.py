"""The main window: makes the panels and what they work with, and has each wired where it belongs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow

from app.about_page import AboutPage
from app.arrangement import MONITOR, PLAN, TREE, Arrangement
from app.background import Background
from app.chat.context_meter import ContextMeter
from app.chat.history import History
from app.chat.history_panel import HistoryPanel
from app.chat.keeper import Keeper
from app.chat.markdown import prepare
from app.chat.panel import ChatPanel
from app.chat.session import Session
from app.chat.settings_panel import SettingsPanel
from app.chat.turn import NextStep
from app.chat_wiring import ChatWiring, chosen_pair, larger_context
from app.command_palette import CommandPalette
from app.commands import Commands
from app.crash_reports import CrashReports
from app.engine_link import EngineLink
from app.engine_state import EngineState
from app.engine_wiring import EngineWiring
from app.gpu_pack.keeper import PackKeeper
from app.language import tr
from app.log_page import LogPage
from app.machine_watch import MachineWatch
from app.monitor.panel import MonitorPanel
from app.monitor.status import StatusGauges
from app.picker.choice import Choice
from app.picker.panel import PickerPanel
from app.planner.learning import Learning
from app.planner.panel import PlannerPanel
from app.planner.worth_page import WorthPage
from app.program_wiring import ProgramWiring
from app.settings.kept import KeptSettings
from app.settings.page import SettingsPage
from app.settings.plan_settings import PlanSettings
from app.style.theme import theme
from app.toast import Toast
from app.top_bar import TopBar
from app.tree.panel import TreePanel
from app.tree_wiring import TreeWiring

log = logging.getLogger(__name__)


class MainWindow(QMainWindow):
    """Everything a person sees.

    Args:
        data: The person's folder, for chats, settings and logs.
        reports: Those that this start began with; else the folder's.

    Attributes:
        commands: All that can be done by name or by key.

    Signals:
        first_painted: The window is on screen; what takes long begins only now.
    """

    first_painted = Signal()

    def __init__(self, data: Path, link: EngineLink | None = None, reports: CrashReports | None = None) -> None:
        super().__init__()
        self._data = data
        self.reports = reports or CrashReports(data)
        self._painted = False
        self.setWindowTitle("Penjing")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.commands = Commands(self)
        self._make_parts(link)
        self._make_panels()
        self._arrange()
        self.chats = ChatWiring(self)
        self.trees = TreeWiring(self)
        self.wiring = EngineWiring(self)
        self._add_commands()
        self.program = ProgramWiring(self, self.pack)
        self._wire_panels()
        self.arrangement.restore(self.settings.current.window)

    def tell(self, sentence: str) -> None:
        """Show a note for a while."""
        self.toast.say(sentence)

    def tell_problem(
        self, what: str, remedy: str, action: str = "", then: Callable[[], object] | None = None
    ) -> None:
        """Show what went wrong and what to do, perhaps with a button, until the person closes it."""
        said = f"{what} {remedy}".strip()
        self.toast.say(said, action, then, problem=True)

    def tell_bug(self, sentence: str) -> None:
        """Show that something went wrong inside, with the way to the log."""
        self.tell_problem(sentence, "", tr("Show log"), lambda: self.show_log(self._data / "logs" / "window.log"))

    def show_log(self, file: Path) -> None:
        """Go to the logs, and show one of them."""
        self.log_page.show_file(file)
        self.arrangement.show_page(self.log_page)

    def come_forward(self) -> None:
        """Show the window before all others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def show_chat(self) -> None:
        """Go back to the conversation from whatever page is shown."""
        self.arrangement.show_page(self.chat)
        self.chat.composer.focus()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.Paint and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._begin)
        return done

    def closeEvent(self, event: QCloseEvent) -> None:
        self.settings.remember(window=self.arrangement.layout)
        self.session.close()
        self.link.close()
        self.picker.close_work()
        self.worth_page.close_work()
        for part in (self.keeper, self.settings, self.choice, self.watch, self.learning, self.meter, self._ahead):
            part.close()
        for panel in (self.tree.files, self.program):
            panel.close()
        super().closeEvent(event)

    def _begin(self) -> None:
        """What the window does first, once it can be seen."""
        log.debug("first paint %.3f s after the process began", time.time() - _process_began())
        self.first_painted.emit()
        self.chat.composer.focus()
        self.link.start()
        self.choice.rescan()
        self.picker.begin()
        self.history.refresh()
        self._ahead.run(prepare, lambda _: None, lambda error: self.tell_problem(error.what, error.remedy))
        self.watch.start()
        self.program.begin()
        if unseen := self.reports.unseen():
            said = tr("The last time, Penjing did not end as it should.")
            self.toast.say(said, tr("Report"), lambda: self.show_log(unseen[0]))
        if self.settings.problem is not None:
            self.tell_problem(self.settings.problem.what, self.settings.problem.remedy)

    def _make_parts(self, link: EngineLink | None) -> None:
        """All that works without being seen."""
        self.settings = KeptSettings(self._data / "settings.toml", self)
        self.pack = PackKeeper(self._data / "gpu_pack", parent=self)
        self.link = link or EngineLink(self.pack.make_client, self)
        self.keeper = Keeper(self._data / "chats.sqlite3", self)
        self.session = Session(self.keeper, lambda: self.settings.current, self)
        self.choice = Choice(lambda: self.settings.current, self.settings.remember, self)
        self.engine = EngineState(self.choice, self)
        self.watch = MachineWatch(
            lambda: self.link.pid,
            lambda: None if self.session.busy or self.engine.loading else self.planner.plan_here,
            self,
        )
        self.meter = ContextMeter(self)
        self._ahead = Background("ahead", self)
        self.history = History(self.keeper, self)

    def _make_panels(self) -> None:
        self.history_panel = HistoryPanel(self.history)
        settings = SettingsPanel(
            self.session, self.keeper, lambda: self.settings.current, lambda: chosen_pair(self)
        )
        self.chat = ChatPanel(self.session, self.meter, settings, lambda tokens: larger_context(self, tokens))
        self.picker = PickerPanel(self.choice)
        self.settings_page = SettingsPage(self.settings.current, self.settings.remember)
        self.about_page = AboutPage(self._data, self.commands)
        self.log_page = LogPage(self._data / "logs", self.reports.files)
        self.tree = TreePanel()
        self.planner = PlannerPanel()
        self.worth_page = WorthPage()
        self.learning = Learning(lambda: self.planner.model.machine, parent=self)
        self.monitor = MonitorPanel()
        self.status = StatusGauges()
        self.top_bar = TopBar()

    def _arrange(self) -> None:
        self.arrangement = Arrangement(self)
        self.arrangement.fill(
            top=self.top_bar,
            pages=(self.chat, self.picker, self.worth_page, self.settings_page, self.log_page, self.about_page),
            left=self.history_panel,
            side=((self.tree, tr("Tree")), (self.planner, tr("Plan")), (self.monitor, tr("Monitor"))),
            bottom=self.status,
        )
        self.pages, self.side = self.arrangement.pages, self.arrangement.side
        self.left, self.right = self.arrangement.left, self.arrangement.right
        self.side.setCurrentIndex(PLAN)
        self.toast = Toast(self)
        self.command_palette = CommandPalette(self, self.commands)

    def _wire_panels(self) -> None:
        """What the panels say to each other; chats and engine have wirings of their own."""
        self.top_bar.history_wanted.connect(self.arrangement.toggle_left)
        self.top_bar.side_wanted.connect(self.arrangement.toggle_right)
        self.top_bar.models_wanted.connect(lambda: self.arrangement.show_page(self.picker))
        self.top_bar.settings_wanted.connect(lambda: self.arrangement.show_page(self.settings_page))
        self.top_bar.load_wanted.connect(self.wiring.load)
        self.planner.loadRequested.connect(lambda _: self.wiring.load())
        for cancel in (self.top_bar.cancel_wanted, self.planner.cancel_wanted):
            cancel.connect(self.link.cancel)
        self.picker.unload_wanted.connect(self.link.unload)
        self.picker.told.connect(self.tell)
        self.picker.failed.connect(self.tell_problem)
        for page in (self.picker, self.worth_page, self.settings_page, self.log_page, self.about_page):
            page.closed.connect(self.show_chat)
        self.chat.next_wanted.connect(self._help)
        self.settings.changed.connect(self._apply_settings)
        self.watch.probed.connect(self.planner.set_machine)
        self.watch.refused.connect(self.tell)
        self.planner.settings_changed.connect(self._remember_plan)
        self.planner.computer_changed.connect(self.worth_page.set_machine)
        self.planner.worth_wanted.connect(self._compare_models)
        self.worth_page.shown.connect(self.planner.show_offer)
        self.worth_page.search_wanted.connect(self._find_model)
        self.watch.probed.connect(lambda _: self.learning.refresh())
        self.learning.known.connect(self.planner.set_knowledge)
        self.watch.probed.connect(self.monitor.set_machine)
        self.tree.saved.connect(self.tell)
        for gauges in (self.status.set_gauges, self.monitor.set_gauges):
            self.watch.read.connect(gauges)
        for part in (self.keeper, self.settings, self.choice, self.tree):
            part.failed.connect(self.tell_problem)

    def _add_commands(self) -> None:
        places, add = self.arrangement, self.commands.add
        add(tr("New chat"), self.chats.new_chat, "Ctrl+N")
        add(tr("Search chats"), self.chats.search, "Ctrl+F")
        add(tr("Another last reply"), self.chats.regenerate, "Ctrl+R")
        add(tr("Settings of this chat"), self.chat.header.button.toggle, "Ctrl+Shift+,")
        add(tr("Import chats …"), self.chats.import_chats)
        add(tr("Export all chats …"), self.chats.export)
        add(tr("Models"), lambda: places.show_page(self.picker), "Ctrl+L")
        add(tr("Tree"), lambda: places.show_side(TREE), "Ctrl+T")
        add(tr("Plan"), lambda: places.show_side(PLAN), "Ctrl+P")
        add(tr("Monitor"), lambda: places.show_side(MONITOR), "Ctrl+M")
        add(tr("Load the model"), self.wiring.load)
        add(tr("Which models are worth downloading?"), self._compare_models)
        add(tr("Settings"), lambda: places.show_page(self.settings_page), "Ctrl+,")
        add(tr("Commands"), self.command_palette.open, "Ctrl+K")
        add(tr("About Penjing"), lambda: places.show_page(self.about_page))
        add(tr("Logs"), lambda: places.show_page(self.log_page))
        add(tr("Show or hide the chats"), places.toggle_left, "Ctrl+1")
        add(tr("Show or hide tree, plan and monitor"), places.toggle_right, "Ctrl+2")
        add(tr("Stop writing, or go back to the chat"), self._escape, "Esc")

    def _compare_models(self) -> None:
        self.arrangement.show_side(PLAN)
        self.arrangement.show_page(self.worth_page)

    def _remember_plan(self, settings: PlanSettings) -> None:
        if self.choice.target is not None:
            self.settings.remember(plans=self.settings.current.plans_with(self.choice.target.folder, settings))

    def _find_model(self, words: str) -> None:
        self.arrangement.show_page(self.picker)
        self.picker.search.look_for(words)

    def _escape(self) -> None:
        if self.pages.currentWidget() is not self.chat:
            self.show_chat()
        else:
            self.session.stop()

    def _help(self, step: NextStep) -> None:
        match step:
            case NextStep.LOAD:
                self.wiring.load()
            case NextStep.NEW_CHAT:
                self.chats.new_chat()
            case NextStep.PLAN:
                self.arrangement.show_side(PLAN)
            case NextStep.MODELS:
                self.arrangement.show_page(self.picker)

    def _apply_settings(self, fields: set[str]) -> None:
        if fields & {"appearance", "motion"}:
            theme().wear(self.settings.current.appearance, self.settings.current.motion)


def _process_began() -> float:
    import psutil

    began: float = psutil.Process().create_time()
    return began
