"""The models page: everything that is here or could be, how it would run, downloads, and the pair that is chosen."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton, QWidget

from app.language import tr
from app.picker.announcing import announce
from app.picker.choice import Choice
from app.picker.details import Details
from app.picker.downloads import Downloads
from app.picker.downloads_view import DownloadsView
from app.picker.empty import Empty
from app.picker.entries import TARGET, Entry, found_entry, installed_entry
from app.picker.first_run import FirstRun
from app.picker.hub_search import HubSearch
from app.picker.installed_work import InstalledWork
from app.picker.judging import Judging
from app.picker.list_view import ModelListView
from app.picker.rows import Rows, draft_rows
from app.picker.search_bar import HUB, SearchBar
from app.picker.table_model import ModelTable
from app.picker.table_view import ModelTableView
from app.picker.token_field import TokenField
from app.picker.watching import FolderWatch
from app.style.page import Caption, Page

if TYPE_CHECKING:
    from core.hub.verdict import Verdict

DRAFT_CAPTION = tr("Draft: a small model that guesses ahead. It changes the speed, never the answer")
VERDICTS_MS = 150
"""Verdicts come by the hundred; the table shows what has come at this pace."""

NOTHING_SENT = tr("Type to search Hugging Face for models. Nothing is sent before you do.")


class PickerPanel(Page):
    """Signals: unload_wanted; told, with a sentence for the person; failed, with what went wrong and what to do."""

    unload_wanted = Signal()
    told = Signal(str)
    failed = Signal(str, str)

    def __init__(self, choice: Choice, parent: QWidget | None = None) -> None:
        super().__init__(tr("Models"), parent)
        self._choice = choice
        self._verdicts: dict[str, Verdict] = {}
        self.hub = HubSearch(self)
        self.downloads = Downloads(self)
        self._judging = Judging("judging", self)
        self._work = InstalledWork(self)
        self._watch = FolderWatch(choice.rescan, self)
        self._verdicts_wait = QTimer(self, interval=VERDICTS_MS, singleShot=True)
        self._make_widgets()
        self._lay_out_page()
        self._connect()
        self.setAcceptDrops(True)
        self._show()
        self._show_drafts()

    def begin(self) -> None:
        """What takes time, once the window is on screen: downloads that were interrupted go on."""
        self.downloads.recall()
        self.first_run.begin()

    def close_work(self) -> None:
        """Let downloads rest and end what works in the background."""
        for part in (self.hub, self.downloads, self._judging, self._work):
            part.close()
        for panel in (self.token, self.first_run):
            panel.close_work()

    def show_loaded(self, loaded: bool) -> None:
        """Whether there is something to unload."""
        self._unload.setVisible(loaded)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _folders(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for folder in _folders(event):
            self._choice.add_folder(folder)
        event.acceptProposedAction()

    def _make_widgets(self) -> None:
        self._unload = QPushButton(tr("Unload"))
        self._unload.setToolTip(tr("Free the memory that the loaded models take"))
        self._unload.hide()
        self._add = QPushButton(tr("Add folder…"))
        self._add.setToolTip(tr("Add a model folder, or a folder of model folders. You can also drop one here."))
        self.first_run = FirstRun()
        self.search = SearchBar()
        self._table = ModelTable()
        self.table = ModelTableView(self._table, tr("Models"))
        self.empty = Empty()
        self.details = Details()
        self.token = TokenField()
        self._drafts = Rows()
        self.draft_list = ModelListView(self._drafts, tr("Draft models"))
        self._draft_caption = Caption(DRAFT_CAPTION)
        self._draft_caption.setWordWrap(True)

    def _lay_out_page(self) -> None:
        self.head.addWidget(self._unload)
        self.head.addWidget(self._add)
        self.column.addWidget(DownloadsView(self.downloads))
        for part in (self.first_run, self.search, self.table, self.empty, self.details, self.token):
            self.column.addWidget(part)
        self.column.addSpacing(16)
        self.column.addWidget(self._draft_caption)
        self.column.addWidget(self.draft_list)
        self.column.addStretch(1)

    def _connect(self) -> None:
        choice, details = self._choice, self.details
        self._unload.clicked.connect(self.unload_wanted)
        self._add.clicked.connect(self._ask_for_folder)
        choice.listed.connect(self._list)
        choice.chosen.connect(self._show)
        choice.chosen.connect(self._show_drafts)
        self.search.changed.connect(self._search)
        self.hub.changed.connect(self._show)
        self._judging.judged.connect(self._take_verdict)
        self._verdicts_wait.timeout.connect(self._show)
        self.table.picked.connect(details.show_entry)
        self.table.taken.connect(self._take)
        self.table.menu_wanted.connect(self._show_menu)
        self.draft_list.taken.connect(choice.choose_draft)
        details.use_wanted.connect(self._take)
        details.download_wanted.connect(self._take)
        details.verify_wanted.connect(lambda entry: self._work.verify(entry.installed))
        details.remove_wanted.connect(self._remove)
        details.reveal_wanted.connect(_reveal)
        details.page_wanted.connect(_open_page)
        self.first_run.demo_wanted.connect(self.closed)
        self.first_run.search_wanted.connect(lambda: self.search.look_on(HUB))
        self.first_run.download_wanted.connect(self.downloads.start)
        self.token.kept.connect(self.hub.search_now)
        self.downloads.arrived.connect(self._arrived)
        self.downloads.recalled.connect(lambda count: self.told.emit(_going_on(count)))
        self._work.checked.connect(self._show_check)
        self._work.removed.connect(self._removed)
        for part in (self.downloads, self._work):
            part.failed.connect(self.failed)

    def _list(self) -> None:
        """Other models than before are here."""
        self._judging.judge_installed(self._choice.models)
        self._watch.watch(self._choice.watched)
        self._show()

    def _search(self) -> None:
        if self.search.on_hub:
            self.hub.set_query(self.search.query)
        self._show()

    def _show(self) -> None:
        choice, on_hub = self._choice, self.search.on_hub
        self._table.show_entries(self._found_entries() if on_hub else self._installed_entries())
        self.table.setVisible(bool(self._table.entries))
        self._explain_emptiness()
        self.token.setVisible(on_hub)
        if on_hub and not self.token.asked:
            self.token.refresh()
        bundled_only = bool(choice.models) and all(model.origin == "bundled" for model in choice.models)
        self.first_run.setVisible(bundled_only and not on_hub and not self.search.words)
        self._draft_caption.setVisible(choice.target is not None and not on_hub)
        self.draft_list.setVisible(choice.target is not None and not on_hub)

    def _show_drafts(self) -> None:
        choice = self._choice
        self._drafts.set_rows(draft_rows(choice.drafts, choice.draft) if choice.target is not None else [])

    def _installed_entries(self) -> list[Entry]:
        choice, words = self._choice, self.search.words
        entries = [
            installed_entry(model, self._verdicts.get(str(model.folder)), choice.target, choice.draft)
            for model in choice.models
        ]
        shown = [entry for entry in entries if entry.matches(words)]
        return sorted(shown, key=lambda entry: (entry.problem is not None, TARGET not in entry.badges))

    def _found_entries(self) -> list[Entry]:
        here = frozenset(model.name for model in self._choice.models)
        return [found_entry(found, self.hub.verdicts.get(found.repository), here) for found in self.hub.found]

    def _explain_emptiness(self) -> None:
        hub, text = self.hub, self.search.text.text().strip()
        look_on_hub = partial(self.search.look_on, HUB)
        if self.search.on_hub and hub.problem:
            self.empty.say(hub.problem, tr("Try again"), hub.search_now, problem=True)
        elif self._table.entries:
            self.empty.say("")
        elif not self.search.on_hub:
            if text:
                self.empty.say(
                    tr("None of your models matches “{text}”.", text=text), tr("Search the hub"), look_on_hub
                )
            else:
                self.empty.say(tr("No model was found on this computer."), tr("Add folder…"), self._ask_for_folder)
        elif not hub.asked:
            self.empty.say(NOTHING_SENT)
        elif hub.busy:
            self.empty.say(tr("Searching…"))
        else:
            self.empty.say(tr("Nothing on the hub matches. Try fewer words, or another size or format."))

    def _take_verdict(self, key: str, verdict: Verdict) -> None:
        self._verdicts[key] = verdict
        if not self._verdicts_wait.isActive():
            self._verdicts_wait.start()

    def _take(self, entry: Entry) -> None:
        """Use a model that is here; download one that is not."""
        if entry.installed is not None:
            self._choice.choose_target(entry.installed)
        elif self.details.download.isEnabled() and "installed" not in entry.badges:
            self.downloads.start(entry.key)

    def _remove(self, entry: Entry) -> None:
        model = entry.installed
        if model is None:
            return
        if model.origin == "folder":
            self._choice.remove_folder(model)
        else:
            self._work.ask_to_remove(model, self.window())

    def _removed(self, said: str) -> None:
        self.told.emit(said)
        self._choice.rescan()

    def _arrived(self, repository: str) -> None:
        self._choice.rescan()
        announce(tr("{repository} is here and ready to use.", repository=repository), self.told.emit)

    def _show_check(self, model: object, said: str) -> None:
        entry = self.details.entry
        if entry is not None and entry.installed is model:
            self.details.show_result(said)

    def _show_menu(self, entry: Entry, at: QPoint) -> None:
        details = self.details
        menu = QMenu(self)
        for button in (details.use, details.download, details.verify, details.reveal, details.page, details.remove):
            if not button.isHidden():
                menu.addAction(button.text(), button.click).setEnabled(button.isEnabled())
        menu.addSeparator()
        menu.addAction(tr("Copy name"), lambda: QGuiApplication.clipboard().setText(entry.name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, tr("Add a model folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda folder: self._choice.add_folder(Path(folder)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _going_on(count: int) -> str:
    return (
        tr("A download that was interrupted goes on.")
        if count == 1
        else tr("{count} interrupted downloads go on.", count=count)
    )


def _reveal(entry: Entry) -> None:
    if entry.installed is not None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(entry.installed.place)))


def _open_page(entry: Entry) -> None:
    from core.hub.hub import Hub

    QDesktopServices.openUrl(QUrl(f"{Hub().endpoint}/{entry.key}"))


def _folders(event: QDragEnterEvent | QDropEvent) -> list[Path]:
    """The folders that are dragged; of a file, the folder that it lies in."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path if path.is_dir() else path.parent for path in paths]
