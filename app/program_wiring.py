"""Between the window and what concerns the program itself: first pages, help, new versions, the pack for cards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl

from app.first_run.page import FirstRunPage
from app.first_run.recommended import Recommended
from app.gpu_pack.keeper import PackKeeper
from app.gpu_pack.section import PackSection
from app.help.page import HelpPage
from app.language import tr
from app.settings.self_drafts_section import SelfDraftsSection
from app.settings.trees_section import TreesSection
from app.updates.section import UpdatesSection
from app.updates.watch import UpdateWatch
from core.locations import DEMO_TARGET
from core.machine.machine import Machine
from core.updates.notice import Notice

if TYPE_CHECKING:
    from app.window import MainWindow


class ProgramWiring(QObject):
    """Adds its pages and sections to a window that is laid out, and connects them.

    Args:
        pack: The pack whose Python the window's link runs the engine in.
    """

    def __init__(self, window: MainWindow, pack: PackKeeper) -> None:
        super().__init__(window)
        self._window = window
        self._pack = pack
        self._came_up = False
        self._machine: Machine | None = None
        settings = window.settings
        self.updates = UpdateWatch(lambda: settings.current, settings.remember, self)
        self.help = HelpPage()
        self.recommended = Recommended(window.picker.downloads)
        self.first_run = FirstRunPage(PackSection(pack, offer=True), self.recommended)
        self._updates_section = UpdatesSection(self.updates, settings.remember)
        self._pack_section = PackSection(pack)
        for page in (self.help, self.first_run):
            window.pages.addWidget(page)
        self._trees_section = TreesSection(window.keeper, settings.remember)
        self._trees_section.show_limit(settings.current.trees_kept)
        self._self_drafts_section = SelfDraftsSection()
        window.settings_page.add_section(tr("Trees of replies"), self._trees_section)
        window.settings_page.add_section(tr("Self-drafts"), self._self_drafts_section)
        window.settings_page.add_section(tr("New versions"), self._updates_section)
        window.settings_page.add_section(tr("Graphics card"), self._pack_section)
        self._updates_section.show_choice(settings.current.updates)
        self._connect()

    def begin(self) -> None:
        """What is due once the window can be seen."""
        self._pack_section.show_state()
        self.updates.look_if_due()
        if not self._window.settings.current.welcomed:
            self.show_first_run()

    def show_help(self, chapter: str = "") -> None:
        """Go to the user guide, and there to a chapter, by its file's name."""
        self.help.open()
        if chapter:
            self.help.show_chapter(chapter)
        self._window.arrangement.show_page(self.help)

    def show_first_run(self) -> None:
        """Go to the pages of the first start."""
        self.first_run.show_step(0)
        self._window.arrangement.show_page(self.first_run)
        self._show_machine()

    def open(self, what: str) -> None:
        """Go to what another program or a link asks for; a link only ever shows a page, it changes nothing."""
        window = self._window
        page = what.removeprefix("penjing:").strip("/")
        if what.startswith("penjing:") and page == "new":
            window.chats.new_chat()
        elif what.startswith("penjing:") and page == "help":
            self.show_help()
        elif what.startswith("penjing:"):
            window.arrangement.show_page(window.picker)
        elif what:
            path = Path(QUrl(what).toLocalFile() or what).absolute()
            window.choice.add_folder(path if path.is_dir() else path.parent)
            window.arrangement.show_page(window.picker)

    def close(self) -> None:
        self.recommended.close_work()
        self._self_drafts_section.close_work()
        self._pack.close()
        self.updates.close()

    def _connect(self) -> None:
        window = self._window
        window.watch.probed.connect(self._note_machine)
        self.recommended.download_wanted.connect(window.picker.downloads.start)
        window.pages.currentChanged.connect(lambda _: self._note_welcome())
        window.commands.add(tr("Help"), self.show_help, "F1")
        window.commands.add(tr("First steps"), self.show_first_run)
        window.commands.add(tr("Look for a new version"), self.updates.look)
        self.help.closed.connect(window.show_chat)
        self.first_run.closed.connect(window.show_chat)
        self.first_run.models_wanted.connect(lambda: window.arrangement.show_page(window.picker))
        self.first_run.demo_wanted.connect(self._load_demo)
        self.first_run.updates_chosen.connect(lambda on: window.settings.remember(updates=on))
        self.first_run.updates_chosen.connect(self._updates_section.show_choice)
        self.updates.found.connect(self._tell_update)
        self.updates.current.connect(lambda: window.tell(tr("This is the newest version.")))
        self.updates.failed.connect(window.tell_problem)
        self._pack.changed.connect(self._restart_engine)
        window.link.started.connect(self._note_start)
        window.link.stopped.connect(self._fall_back)

    def _note_machine(self, machine: Machine) -> None:
        self._machine = machine
        if self._window.pages.currentWidget() is self.first_run:
            self._show_machine()

    def _show_machine(self) -> None:
        """Judge what this computer can run: only for whoever sees the first pages, for it takes a while."""
        if self._machine is not None:
            self.first_run.show_machine(self._machine)
            self.recommended.look(self._machine)

    def _note_welcome(self) -> None:
        """Whoever has gone on from the first pages has seen them."""
        if self._window.pages.currentWidget() is not self.first_run:
            self._window.settings.remember(welcomed=True)

    def _load_demo(self) -> None:
        window = self._window
        demo = next((model for model in window.choice.models if model.folder == DEMO_TARGET), None)
        if demo is not None:
            window.choice.choose_target(demo)
        window.show_chat()

    def _tell_update(self, notice: Notice) -> None:
        window = self._window
        window.toast.say(
            tr("Penjing {version} is there.", version=notice.version),
            tr("What is new"),
            lambda: window.arrangement.show_page(window.settings_page),
        )

    def _restart_engine(self) -> None:
        """A pack has come or gone: the next engine process runs where it says."""
        self._came_up = False
        self._window.link.kill()
        self._window.link.start()

    def _note_start(self) -> None:
        self._came_up = True

    def _fall_back(self, what: str, _: str) -> None:
        """An engine that never came up in the pack is started once more without it."""
        if self._pack.installed and not self._came_up and not self._pack.fallback:
            self._pack.give_up(what)
            self._window.tell(self._pack.fallback)
