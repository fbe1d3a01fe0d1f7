"""The offer of the pack for NVIDIA cards: what it brings and weighs, its progress, and the way to be rid of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.copy_problem import CopyProblem
from app.gpu_pack.keeper import PackKeeper
from app.language import tr
from core.gpu_pack.recipe import PACK_BYTES
from core.sizes import format_size

OFFER = (
    tr(
        "This computer has an NVIDIA card. To compute on it, Penjing needs the CUDA build of PyTorch: a "
        "download of about 2.6 GB, {pack_bytes} on the drive. It goes into your own data folder and can be "
        "removed here.",
        pack_bytes=format_size(PACK_BYTES),
    )
)


NO_PACK = tr("This version has no pack for NVIDIA cards on this system: the processor computes.")

NO_CARD = tr(
    "There is no NVIDIA card here that Penjing could use, or its driver is not installed: the processor computes."
)


class PackSection(QWidget):
    """Where there is neither a card that could use the pack nor a pack to remove, it says so, or is not shown at all.

    Args:
        offer: Whether it is there for the offer alone.
    """

    def __init__(self, keeper: PackKeeper, offer: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._offer = offer
        self.says = QLabel()
        self.says.setWordWrap(True)
        self._copy = CopyProblem()
        self.bar = QProgressBar(maximum=1000, textVisible=False)
        self.get = QPushButton(tr("Get the pack"))
        self.get.clicked.connect(self._get)
        self.stop = QPushButton(tr("Stop"))
        self.stop.setToolTip(tr("What has arrived is kept"))
        self.stop.clicked.connect(keeper.cancel)
        self.remove = QPushButton(tr("Remove the pack"))
        self.remove.clicked.connect(keeper.remove)
        line = QHBoxLayout()
        for button in (self.get, self.stop, self.remove):
            line.addWidget(button)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        said = QHBoxLayout()
        said.addWidget(self.says, 1)
        said.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(said)
        column.addWidget(self.bar)
        column.addLayout(line)
        keeper.changed.connect(self.show_state)
        keeper.progressed.connect(self._show_progress)
        keeper.failed.connect(self._fail)
        self.show_state()

    def show_state(self) -> None:
        """Whether there is a pack, one to get, or neither."""
        keeper = self._keeper
        self._copy.show_problem(keeper.fallback)
        installed, busy, offered = keeper.installed, keeper.busy, keeper.offered
        if self._offer:
            self.setVisible(installed or busy or offered)
        self.bar.setVisible(busy)
        self.stop.setVisible(busy)
        self.get.setVisible(offered and not installed and not busy)
        self.remove.setVisible(installed and not busy)
        if installed:
            self.says.setText(keeper.fallback or tr("The pack for NVIDIA cards is in use from the next load on."))
            self.remove.setText(tr("Remove the pack ({bytes})", bytes=format_size(keeper.bytes)))
        elif not busy:
            self.says.setText(OFFER if offered else NO_CARD if keeper.made_for_this_system else NO_PACK)

    def _get(self) -> None:
        self._keeper.install()
        self.says.setText(tr("Beginning…"))
        self.bar.setValue(0)
        self.show_state()

    def _show_progress(self, what: str, share: float) -> None:
        self.says.setText(f"{what}.")
        self.bar.setValue(round(1000 * share))

    def _fail(self, what: str, remedy: str) -> None:
        self.show_state()
        if what:
            self.says.setText(f"{what} {remedy}")
            self._copy.show_problem(f"{what} {remedy}")
