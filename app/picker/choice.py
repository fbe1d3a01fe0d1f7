"""Which models there are, and which two are chosen. Knows no widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.settings.settings import Settings
from core.errors import PenjingError

if TYPE_CHECKING:
    from core.hub.library import InstalledModel


@dataclass(frozen=True)
class DraftChoice:
    """A model as a draft for the chosen target. `problem` says why it cannot be one."""

    model: InstalledModel
    problem: str | None
    suggested: bool


@dataclass(frozen=True)
class _Scan:
    models: list[InstalledModel]
    target: InstalledModel | None
    drafts: list[DraftChoice]
    watched: list[Path]


class Choice(QObject):
    """The installed models, the chosen target and draft, and the folders in which models come and go (`watched`).

    Everything that reads files runs in a worker thread.

    Args:
        remember: Called with what changed in the settings.

    Signals:
        listed: There are other models now, or other drafts for the target.
        chosen: The target or the draft is another now.
        failed: The models could not be listed: what happened, what to do.
    """

    listed = Signal()
    chosen = Signal()
    failed = Signal(str, str)

    def __init__(
        self, settings: Callable[[], Settings], remember: Callable[..., None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.models: list[InstalledModel] = []
        self.watched: list[Path] = []
        self.drafts: list[DraftChoice] = []
        self.target: InstalledModel | None = None
        self.draft: InstalledModel | None = None
        self._settings = settings
        self._remember = remember
        self._background = Background("models", self)

    def rescan(self) -> None:
        """Look for models again."""
        settings = self._settings()
        self._background.run(lambda: _scan(list(settings.folders), settings.target), self._show, self._fail)

    def choose_target(self, model: InstalledModel) -> None:
        """Choose a target; the draft is then the suggested one."""
        if model.facts is None or model is self.target:
            return
        self._remember(target=model.folder, draft=None, no_draft=False)
        self.rescan()

    def choose_draft(self, model: InstalledModel | None) -> None:
        """Choose a draft, or none."""
        self._remember(draft=model.folder if model is not None else None, no_draft=model is None)
        self._choose_draft()

    def add_folder(self, folder: Path) -> None:
        """Add a model folder, or a folder of model folders."""
        folders = self._settings().folders
        if folder not in folders:
            self._remember(folders=[*folders, folder])
        self.rescan()

    def remove_folder(self, model: InstalledModel) -> None:
        """Forget the folder that the person added which brought this model. Nothing on disk is touched."""
        gone = (model.folder, model.place, model.place.parent)
        folders = [folder for folder in self._settings().folders if folder not in gone]
        self._remember(folders=folders)
        self.rescan()

    def close(self) -> None:
        self._background.close()

    def _show(self, scan: _Scan) -> None:
        self.models, self.target, self.drafts, self.watched = scan.models, scan.target, scan.drafts, scan.watched
        self.listed.emit()
        self._choose_draft()

    def _choose_draft(self) -> None:
        settings = self._settings()
        usable = [choice for choice in self.drafts if choice.problem is None]
        kept = next((choice.model for choice in usable if choice.model.folder == settings.draft), None)
        suggested = next((choice.model for choice in usable if choice.suggested), None)
        self.draft = None if settings.no_draft else kept or suggested
        self.chosen.emit()

    def _fail(self, error: PenjingError) -> None:
        self.failed.emit(error.what, error.remedy)


def _scan(folders: list[Path], wanted: Path | None) -> _Scan:
    from core.hub.library import installed_models, watched_folders
    from core.hub.pairing import draft_problem, suggest_draft

    models, watched = installed_models(folders), watched_folders(folders)
    usable = [model for model in models if model.facts is not None]
    target = next((model for model in usable if model.folder == wanted), usable[0] if usable else None)
    if target is None or target.spec is None:
        return _Scan(models, None, [], watched)
    suggested = suggest_draft(target.spec, models)
    drafts = [
        DraftChoice(
            model,
            draft_problem(target.spec, model.spec) if model.spec is not None else model.problem,
            suggested is not None and model.folder == suggested.folder,
        )
        for model in models
        if model.folder != target.folder
    ]
    return _Scan(models, target, drafts, watched)
