"""What is known of the selected model: facts, how it runs here, what can be done with it, and its card."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.chat.message_body import MessageBody
from app.copy_problem import CopyProblem
from app.language import tr
from app.picker.entries import INSTALLED, TARGET, Entry
from app.picker.rows import context_text
from app.style.buttons import primary_button, quiet_button
from app.style.theme import theme
from core.hub.precision import FULL, Loss, loss
from core.sizes import count_text, format_size

LONGEST_CARD = 40_000
"""Characters of a model's card that are shown."""

LOSSES = {
    Loss.NONE: tr("no loss to speak of against full precision"),
    Loss.HARDLY: tr("hardly any loss; perplexity rises by less than 1 %, as llama.cpp measured it for Llama 3 8B"),
    Loss.VERY_SMALL: tr("a very small loss; perplexity rises by 1 to 2 %, as llama.cpp measured it for Llama 3 8B"),
    Loss.SMALL: tr("a small loss; perplexity rises by 3 to 8 %, as llama.cpp measured it for Llama 3 8B"),
    Loss.CLEAR: tr("a clear loss; perplexity rises by 10 to 25 %, as llama.cpp measured it for Llama 3 8B"),
    Loss.LARGE: tr("a large loss; perplexity rises by half and more, as llama.cpp measured it for Llama 3 8B"),
}


class Details(QFrame):
    """Hidden while nothing is selected. What may be done depends on where the model is.

    Signals, each with the entry: use_wanted, download_wanted, verify_wanted, remove_wanted, reveal_wanted, page_wanted.
    """

    use_wanted = Signal(object)
    download_wanted = Signal(object)
    verify_wanted = Signal(object)
    remove_wanted = Signal(object)
    reveal_wanted = Signal(object)
    page_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._entry: Entry | None = None
        self._title = QLabel()
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._verdict = QLabel()
        self._verdict.setWordWrap(True)
        self._copy = CopyProblem()
        self._lines: list[tuple[QLabel, QLabel]] = []
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(2)
        self._facts.setColumnStretch(1, 1)
        self._result = QLabel()
        self._result.setWordWrap(True)
        self._result.hide()
        self.use = primary_button(tr("Use as target"))
        self.download = primary_button(tr("Download"))
        self.verify = quiet_button(tr("Check files"))
        self.reveal = quiet_button(tr("Show folder"))
        self.page = quiet_button(tr("Page on the hub"))
        self.remove = quiet_button(tr("Remove…"))
        self._show_card = quiet_button(tr("Model card"))
        self._show_card.setCheckable(True)
        self._card = MessageBody()
        self._card.setAccessibleName(tr("Model card"))
        self._card.hide()
        self._connect()
        self._lay_out()
        theme().changed.connect(self._dress)
        self._dress()
        self.show_entry(None)

    @property
    def entry(self) -> Entry | None:
        return self._entry

    def show_entry(self, entry: Entry | None) -> None:
        """Show another model, or what is new of the same."""
        same = entry is not None and self._entry is not None and entry.key == self._entry.key
        self._entry = entry
        self.setVisible(entry is not None)
        if entry is None:
            return
        if not same:
            self.show_result("")
            self._show_card.setChecked(False)
        self._title.setText(entry.name)
        said = entry.problem or (entry.verdict.sentence if entry.verdict is not None else tr("Being looked at…"))
        self._verdict.setText(said)
        self._copy.show_problem(f"{entry.name}: {entry.problem}" if entry.problem is not None else "")
        self._verdict.setProperty("wrong", entry.problem is not None)
        self._verdict.style().polish(self._verdict)
        self._fill_facts(entry)
        self._offer(entry)

    def show_result(self, text: str) -> None:
        """Show how something that was asked for goes, or went."""
        self._result.setText(text)
        self._result.setVisible(bool(text))

    def _offer(self, entry: Entry) -> None:
        """Only what can be done."""
        here = entry.installed
        usable = here is not None and here.facts is not None
        self.use.setVisible(usable and TARGET not in entry.badges)
        self.download.setVisible(entry.found is not None and INSTALLED not in entry.badges)
        self.download.setEnabled(entry.problem is None)
        self.verify.setVisible(here is not None)
        self.reveal.setVisible(here is not None)
        self.page.setVisible(entry.found is not None)
        self.remove.setVisible(here is not None and here.origin != "bundled")
        self.remove.setText(tr("Take off the list") if here is not None and here.origin == "folder" else tr("Remove…"))
        self._show_card.setVisible(here is not None and (here.place / "README.md").is_file())

    def _fill_facts(self, entry: Entry) -> None:
        facts = facts_of(entry)
        while len(self._lines) < len(facts):
            self._lines.append(self._fact_line(len(self._lines)))
        for number, (label, value) in enumerate(self._lines):
            shown = number < len(facts)
            if shown:
                label.setText(facts[number][0])
                value.setText(facts[number][1])
            label.setVisible(shown)
            value.setVisible(shown)

    def _fact_line(self, row: int) -> tuple[QLabel, QLabel]:
        label, value = QLabel(), QLabel()
        label.setProperty("muted", True)
        value.setWordWrap(True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._facts.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._facts.addWidget(value, row, 1)
        return label, value

    def _connect(self) -> None:
        buttons: tuple[tuple[QPushButton, SignalInstance], ...] = (
            (self.use, self.use_wanted),
            (self.download, self.download_wanted),
            (self.verify, self.verify_wanted),
            (self.reveal, self.reveal_wanted),
            (self.page, self.page_wanted),
            (self.remove, self.remove_wanted),
        )
        for button, wanted in buttons:
            button.clicked.connect(lambda _=False, wanted=wanted: wanted.emit(self._entry))
        self._show_card.toggled.connect(self._toggle_card)

    def _toggle_card(self, shown: bool) -> None:
        self._card.setVisible(shown)
        here = self._entry.installed if self._entry is not None else None
        if shown and here is not None:
            self._card.set_markdown(card_text(here.place))

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for line, buttons in (
            (first, (self.use, self.download, self.page, self._show_card)),
            (second, (self.verify, self.reveal, self.remove)),
        ):
            line.setSpacing(8)
            for button in buttons:
                line.addWidget(button)
            line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addWidget(self._title)
        verdict = QHBoxLayout()
        verdict.addWidget(self._verdict, 1)
        verdict.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(verdict)
        column.addLayout(self._facts)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self._result)
        column.addWidget(self._card)

    def _dress(self) -> None:
        self._title.setFont(theme().font(13, bold=True))


def facts_of(entry: Entry) -> list[tuple[str, str]]:
    """A model's facts, each with its name."""
    if entry.installed is not None:
        facts, folder = entry.installed.facts, (tr("Folder"), str(entry.installed.folder))
        if facts is None:
            return [folder]
        template = (
            tr("yes") if facts.chat_template else tr("no: it continues texts, and was not made for conversations")
        )
        return [
            (
                tr("Size"),
                tr(
                    "{parameters} parameters in {layers} layers, {bytes}",
                    parameters=count_text(facts.parameters),
                    layers=facts.layers,
                    bytes=format_size(facts.bytes),
                ),
            ),
            (tr("Format"), facts.precision),
            *trade_off(facts.bits),
            (tr("Context"), tr("{context} tokens", context=context_text(facts.context))),
            (tr("Chat template"), template),
            (tr("Licence"), facts.licence or tr("not stated")),
            folder,
        ]
    found = entry.found
    if found is None:
        return []
    size = (
        tr("{parameters} parameters", parameters=count_text(found.parameters)) if found.parameters else tr("not stated")
    )
    return [
        (tr("Size"), f"{size}, {entry.size}" if entry.size else size),
        (tr("Format"), found.quantisation or tr("full precision")),
        (
            tr("Licence"),
            (found.licence or tr("not stated")) + (tr(", to be accepted on the hub") if found.gated else ""),
        ),
        (
            tr("Popularity"),
            tr("{downloads:,} downloads, {likes:,} likes", downloads=found.downloads, likes=found.likes),
        ),
        (
            tr("Changed"),
            f"{found.modified.day} {found.modified:%B %Y}" if found.modified is not None else tr("not stated"),
        ),
    ]


def trade_off(bits: float) -> list[tuple[str, str]]:
    """What weights of so many bits bring in size and speed, and cost in quality; nothing of full precision."""
    if bits >= FULL:
        return []
    brings = tr(
        "{bits:.1f} bits a weight: {share:.0f} % of bf16, so up to {times:.1f} times as fast where layers stream, and "
        "no faster where they stay in memory",
        bits=bits,
        share=100 * bits / FULL,
        times=FULL / bits,
    )
    return [(tr("Size and speed"), brings), (tr("Quality"), LOSSES[loss(bits)])]


def card_text(folder: Path) -> str:
    """A model's card without the settings at its head. HTML in it stays text, and pictures are not fetched."""
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as card:
            text = card.read(LONGEST_CARD)
    except OSError as error:
        return tr("The card cannot be read: {strerror}.", strerror=error.strerror)
    if text.startswith("---\n") and "\n---" in text[4:]:
        text = text[4:].split("\n---", 1)[1].partition("\n")[2]
    return text.strip()
