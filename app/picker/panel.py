"""The models page: choose a target and a draft, add folders."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QWidget

from app.picker.choice import Choice
from app.picker.list_view import ModelListView
from app.picker.rows import Rows, draft_rows, target_rows
from app.style.page import Caption, Page


class PickerPanel(Page):
    """Shows what there is to choose from, and passes on what is chosen. Signals: unload_wanted."""

    unload_wanted = Signal()

    def __init__(self, choice: Choice, parent: QWidget | None = None) -> None:
        super().__init__("Models", parent)
        self._choice = choice
        self._targets, self._drafts = Rows(), Rows()
        self.target_list = ModelListView(self._targets, "Target models")
        self.draft_list = ModelListView(self._drafts, "Draft models")
        self.target_list.taken.connect(choice.choose_target)
        self.draft_list.taken.connect(choice.choose_draft)
        self._none = QLabel("No model was found on this computer. Add a folder that holds one.")
        self._none.setProperty("muted", True)
        self._none.setWordWrap(True)
        self._add = QPushButton("Add folder…")
        self._add.setToolTip("Add a model folder, or a folder of model folders. You can also drop one here.")
        self._add.clicked.connect(self._ask_for_folder)
        self._unload = QPushButton("Unload")
        self._unload.setToolTip("Free the memory that the loaded models take")
        self._unload.clicked.connect(self.unload_wanted)
        self._unload.hide()
        self.setAcceptDrops(True)
        self._lay_out_page()
        choice.listed.connect(self._show)
        choice.chosen.connect(self._show)
        self._show()

    def _lay_out_page(self) -> None:
        self.head.addWidget(self._unload)
        self.head.addWidget(self._add)
        self.column.addWidget(Caption("Target: the model whose answers you get"))
        self.column.addWidget(self._none)
        self.column.addWidget(self.target_list)
        self.column.addSpacing(16)
        self._draft_caption = Caption("Draft: a small model that guesses ahead. It changes the speed, never the answer")
        self._draft_caption.setWordWrap(True)
        self.column.addWidget(self._draft_caption)
        self.column.addWidget(self.draft_list)
        self.column.addStretch(1)

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

    def _show(self) -> None:
        choice = self._choice
        self._targets.set_rows(target_rows(choice.models, choice.target))
        self._drafts.set_rows(draft_rows(choice.drafts, choice.draft) if choice.target is not None else [])
        self._none.setVisible(not choice.models)
        self._draft_caption.setVisible(choice.target is not None)

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "Add a model folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda folder: self._choice.add_folder(Path(folder)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _folders(event: QDragEnterEvent | QDropEvent) -> list[Path]:
    """The folders that are dragged; of a file, the folder that it lies in."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path if path.is_dir() else path.parent for path in paths]
