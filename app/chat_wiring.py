"""Between the conversations and the panels: what a person does with whole chats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.chat.chat_settings import Pair
from app.chat.context_offer import LargerContext
from app.chat.turn import Chat
from app.language import tr
from app.planner.view_model import PlannerModel
from core.chat.conversation import Conversation, Folder
from core.planning.plan import Plan
from core.sizes import format_size

if TYPE_CHECKING:
    from app.window import MainWindow

FORMATS = (tr("JSON, with everything (*.json)"), tr("Markdown, to read (*.md)"))


class ChatWiring(QObject):
    """Connects a window's history and chat panels with its session and what keeps the chats."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        panel, session, keeper = window.history_panel, window.session, window.keeper
        panel.new_wanted.connect(self.new_chat)
        panel.open_wanted.connect(lambda chat: keeper.open(chat, self._open))
        panel.found_wanted.connect(self._open_found)
        panel.rename_wanted.connect(self._rename)
        panel.pin_wanted.connect(lambda chat, pinned: keeper.pin(chat.id, pinned))
        panel.move_wanted.connect(self._move)
        panel.new_folder_wanted.connect(lambda name, chat: keeper.add_folder(name, [chat.id] if chat else []))
        panel.folder_renamed.connect(lambda folder, name: keeper.rename_folder(folder.id, name))
        panel.folder_deleted.connect(self._delete_folder)
        panel.duplicate_wanted.connect(keeper.duplicate)
        panel.export_wanted.connect(self.export)
        panel.export_all_wanted.connect(self.export)
        panel.import_wanted.connect(self.import_chats)
        panel.delete_wanted.connect(self._delete)
        panel.restore_wanted.connect(self._restore)
        window.history.modelReset.connect(self._listed)
        session.busy_changed.connect(lambda _: window.history.refresh())
        session.opened.connect(self._opened)
        window.choice.chosen.connect(window.chat.settings.show_pair)
        window.chat.larger_wanted.connect(self._enlarge)
        window.chat.refused.connect(window.tell_problem)
        window.chat.settings.preset_deleted.connect(self._tell_preset)

    def new_chat(self) -> None:
        self._window.session.new_chat()
        self._window.show_chat()

    def search(self) -> None:
        """Let the person type what to look for in all chats."""
        self._window.left.show()
        self._window.history_panel.focus_search()

    def import_chats(self) -> None:
        """Let the person choose a file whose chats are to be added."""
        dialog = QFileDialog(self._window, tr("Import chats"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([tr("JSON (*.json)"), tr("All files (*)")])
        dialog.fileSelected.connect(lambda file: self._window.keeper.import_file(Path(file), self._imported))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def regenerate(self) -> None:
        """Have another last reply written."""
        turns = self._window.session.chat.turns
        if turns:
            self._window.session.regenerate(turns[-1])

    def _opened(self) -> None:
        window = self._window
        window.history_panel.mark_open(window.session.chat.id)

    def _open(self, chat: Chat) -> None:
        self._window.session.show_chat(chat)
        self._window.show_chat()

    def _listed(self) -> None:
        window = self._window
        window.history_panel.mark_open(window.session.chat.id)
        if not window.history.search:
            window.chat.transcript.unmark()

    def _open_found(self, conversation: Conversation, message: int, words: list[str]) -> None:
        """Open a chat at the turn that a search found."""

        def show(chat: Chat) -> None:
            self._open(chat)
            session = self._window.session
            turn = next((turn for turn in session.chat.every_turn if turn.id == message), None)
            if turn is not None:
                session.reveal(turn)
                self._window.chat.transcript.show_words(turn, words)

        self._window.keeper.open(conversation, show)

    def _rename(self, conversation: Conversation, title: str) -> None:
        window = self._window
        window.keeper.rename(conversation.id, title)
        if window.session.chat.id == conversation.id:
            window.session.rename(title)

    def _move(self, conversation: Conversation, folder: Folder | None) -> None:
        window, before = self._window, conversation.folder
        window.keeper.move([conversation.id], folder.id if folder is not None else None)
        window.toast.say(
            tr("Moved “{title}” to “{folder}”.", title=conversation.title, folder=folder.name)
            if folder is not None
            else tr("Moved “{title}” out of its folder.", title=conversation.title),
            tr("Undo"),
            lambda: window.keeper.move([conversation.id], before),
        )

    def _delete(self, conversation: Conversation) -> None:
        window = self._window
        if window.session.writing_id == conversation.id:
            window.session.stop()
        window.keeper.delete(conversation.id)
        if window.session.chat.id == conversation.id:
            window.session.new_chat()
        window.toast.say(
            tr("Deleted “{title}”.", title=conversation.title),
            tr("Undo"),
            lambda: window.keeper.restore(conversation.id),
        )

    def _restore(self, conversation: Conversation) -> None:
        self._window.keeper.restore(conversation.id)
        self._window.tell(tr("Restored “{title}”.", title=conversation.title))

    def _delete_folder(self, folder: Folder) -> None:
        window = self._window
        inside = [conversation.id for conversation in window.history.inside(folder)]
        window.keeper.delete_folder(folder.id)
        window.toast.say(
            tr("Deleted the folder “{name}”; its chats are still here.", name=folder.name),
            tr("Undo"),
            lambda: window.keeper.add_folder(folder.name, inside),
        )

    def _tell_preset(self, name: str, preset: dict[str, Any]) -> None:
        self._window.toast.say(
            tr("Deleted the preset “{name}”.", name=name),
            tr("Undo"),
            lambda: self._window.chat.settings.bring_back(name, preset),
        )

    def export(self, conversation: Conversation | None = None) -> None:
        """Let the person choose where to write a chat, or all."""
        window = self._window
        name = conversation.title if conversation is not None else tr("Penjing chats")
        dialog = QFileDialog(window, tr("Export"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(FORMATS)
        dialog.setDefaultSuffix("json")
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix("md" if chosen == FORMATS[1] else "json"))
        dialog.selectFile("".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in name))
        dialog.fileSelected.connect(
            lambda file: window.keeper.export(
                [conversation.id] if conversation is not None else None,
                Path(file),
                lambda done: window.tell(tr("Exported to {done}.", done=done)),
            )
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _imported(self, added: list[Conversation]) -> None:
        many = tr("{count} chats", count=len(added)) if len(added) != 1 else f"“{added[0].title}”"
        self._window.tell(tr("Imported {many}.", many=many))
        if len(added) == 1:
            self._window.keeper.open(added[0], self._open)

    def _enlarge(self, context: int) -> None:
        """Plan for another context, and load that."""
        planner = self._window.planner
        planner.change(replace(planner.model.settings, context=context))
        self._window.wiring.load()


def chosen_pair(window: MainWindow) -> Pair | None:
    """The models that are chosen now, if any."""
    target, draft = window.choice.target, window.choice.draft
    return Pair(target.folder, draft.folder if draft is not None else None) if target is not None else None


def larger_context(window: MainWindow, tokens: int) -> LargerContext | None:
    """The next context that holds so many tokens, and what the plan would be with it; None if the model has none."""
    model, trial = window.planner.model, PlannerModel()
    trial.target, trial.draft, trial.machine = model.target, model.draft, model.machine
    context = next((stop for stop in trial.context_stops if stop >= tokens), None)
    now = model.plan_here
    if context is None or now is None:
        return None
    trial.set(replace(model.settings, context=context))
    if trial.plan is None:
        return None
    return LargerContext(context, _consequence(now, trial.plan), trial.plan.fits)


def _consequence(now: Plan, then: Plan) -> str:
    """What changes from one plan to another."""
    if not then.fits or then.speed is None:
        return tr("does not fit; {shortfall} too many", shortfall=format_size(then.shortfall))
    more = sum(use.ours for use in then.use) - sum(use.ours for use in now.use)
    memory = tr("{more} more memory", more=format_size(more)) if more > 0 else tr("no more memory")
    speed = tr("{low:.1f} to {high:.1f} tok/s", low=then.speed.low, high=then.speed.high)
    if now.speed is not None and (now.speed.low, now.speed.high) != (then.speed.low, then.speed.high):
        speed += tr(" instead of {low:.1f} to {high:.1f}", low=now.speed.low, high=now.speed.high)
    return tr("{memory}, {speed}, and the model is loaded anew", memory=memory, speed=speed)
