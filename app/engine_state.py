"""What is chosen, what is loaded and what is loading, and whether they agree. Knows no widgets."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.language import tr
from app.picker.choice import Choice
from app.top_bar import ModelState
from core.decoding.report import Speculation
from core.engine.messages import Loaded, Loading

NOTHING_LOADED = Speculation(on=False, why=tr("no model is loaded"), drafter="none")


class EngineState(QObject):
    """Signals: changed, when any of it is another now."""

    changed = Signal()

    def __init__(self, choice: Choice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice = choice
        self.loaded: Loaded | None = None
        self.loading: Loading | None = None
        choice.chosen.connect(self.changed)

    @property
    def ready(self) -> bool:
        """Whether what is loaded is the pair that is chosen."""
        if self.loaded is None or self._choice.target is None:
            return False
        draft = self._choice.draft.folder if self._choice.draft is not None else None
        return (self.loaded.plan.model, self.loaded.plan.draft) == (self._choice.target.folder, draft)

    @property
    def speculation(self) -> Speculation:
        return self.loaded.speculation if self.loaded is not None else NOTHING_LOADED

    @property
    def summary(self) -> ModelState:
        """The state in the words of the top bar."""
        target, draft = self._choice.target, self._choice.draft
        return ModelState(
            target=target.name if target is not None else "",
            draft=draft.name if draft is not None else "",
            detail=target.facts.precision if target is not None and target.facts is not None else "",
            loaded=self.ready,
            progress=percent(self.loading) if self.loading is not None else "",
        )

    def set_loaded(self, loaded: Loaded | None) -> None:
        """A load is complete, or nothing is loaded any more."""
        self.loaded, self.loading = loaded, None
        self.changed.emit()

    def set_loading(self, loading: Loading | None) -> None:
        """A load goes on; None if it has failed."""
        self.loading = loading
        if loading is not None:
            self.loaded = None
        self.changed.emit()


def percent(loading: Loading) -> str:
    """How far a load is."""
    return tr("Loading {done} %", done=loading.done * 100 // loading.total) if loading.total > 0 else tr("Loading")
