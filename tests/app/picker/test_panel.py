"""The models page with real models on the drive and a hub on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.picker.choice import Choice
from app.picker.details import card_text, facts_of
from app.picker.panel import PickerPanel
from app.picker.search_bar import HUB
from app.settings.kept import KeptSettings
from core.locations import DEMO_TARGET, models_folder
from tests.core.gguf_models import save_gguf
from tests.core.hub.models_made import write_hub_model
from tests.hub_server import HubServer

WAIT = 15_000
NAME = "acme/Birch"


@pytest.fixture
def page(
    qtbot: QtBot, choice: Choice, server: HubServer, online: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PickerPanel]:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    )
    page = PickerPanel(choice)
    qtbot.addWidget(page)
    page.resize(684, 760)
    page.show()
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.rescan()
    yield page
    page.close_work()


def names(page: PickerPanel) -> list[str]:
    return [entry.name for entry in page.table.model().entries]  # type: ignore[attr-defined]


def add(qtbot: QtBot, choice: Choice, folder: Path) -> None:
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.add_folder(folder)


def test_at_first_the_demo_is_offered(qtbot: QtBot, page: PickerPanel) -> None:
    assert names(page) == ["penjing-demo", "penjing-demo-draft"]
    assert page.first_run.isVisible()
    with qtbot.waitSignal(page.closed):
        page.first_run.demo_wanted.emit()


def test_each_of_several_quants_can_be_picked_and_says_what_it_costs_and_brings(
    qtbot: QtBot, page: PickerPanel, choice: Choice, tmp_path: Path
) -> None:
    folder = tmp_path / "Some-GGUF"
    folder.mkdir()
    for kind in ("Q4_0", "Q8_0"):
        made, _ = save_gguf(tmp_path / kind, "llama", {}, kind)
        shutil.copy(made / "m.gguf", folder / f"Some-{kind}.gguf")
    add(qtbot, choice, folder)
    assert names(page)[2:] == ["Some-Q4_0", "Some-Q8_0"]
    four, eight = (dict(facts_of(entry)) for entry in page.table.model().entries[2:])  # type: ignore[attr-defined]
    assert "4.5 bits a weight: 28 % of bf16, so up to 3.5 times as fast" in four["Size and speed"]
    assert "a small loss" in four["Quality"]
    assert "8.5 bits a weight" in eight["Size and speed"]
    assert "no loss to speak of" in eight["Quality"]
    whole = facts_of(page.table.model().entries[0])  # type: ignore[attr-defined]
    assert "Quality" not in dict(whole)


def test_a_person_with_models_is_not_welcomed_again(
    qtbot: QtBot, page: PickerPanel, choice: Choice, tmp_path: Path
) -> None:
    add(qtbot, choice, write_hub_model(tmp_path / "Maple"))
    assert page.first_run.isHidden()
    assert names(page) == ["penjing-demo", "penjing-demo-draft", "Maple"]


def test_each_model_is_judged_for_this_machine(qtbot: QtBot, page: PickerPanel) -> None:
    qtbot.waitUntil(lambda: all("tok/s" in entry.here for entry in page.table.model().entries), timeout=WAIT)  # type: ignore[attr-defined]
    page.table.pick(str(DEMO_TARGET))
    entry = page.details.entry
    assert entry is not None
    assert entry.verdict is not None
    assert "limited by" in entry.verdict.sentence


def test_typing_narrows_the_list_and_an_empty_one_says_what_to_do(qtbot: QtBot, page: PickerPanel) -> None:
    page.search.text.setText("draft")
    assert names(page) == ["penjing-demo-draft"]
    page.search.text.setText("nothing like it")
    assert page.table.isHidden()
    assert "None of your models matches" in page.empty.text


def test_a_model_is_taken_by_double_click_or_by_its_button(qtbot: QtBot, page: PickerPanel, choice: Choice) -> None:
    draft = page.table.model().entries[1]  # type: ignore[attr-defined]
    page.table.pick(draft.key)
    assert page.details.use.isVisible()
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        page.details.use.click()
    assert choice.target is not None
    assert choice.target.name == "penjing-demo-draft"
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        page.table.taken.emit(page.table.model().entries[1])  # type: ignore[attr-defined]
    assert choice.target.folder == DEMO_TARGET


def test_a_model_that_cannot_be_used_says_why(qtbot: QtBot, page: PickerPanel, choice: Choice, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    add(qtbot, choice, tmp_path / "broken")
    page.table.pick(str(tmp_path / "broken"))
    entry = page.details.entry
    assert entry is not None
    assert "config.json" in (entry.problem or "")
    assert page.details.use.isHidden()
    assert names(page)[-1] == "broken"


def test_nothing_is_asked_of_the_hub_before_something_is_typed(
    qtbot: QtBot, page: PickerPanel, server: HubServer
) -> None:
    page.search.look_on(HUB)
    qtbot.wait(600)
    assert server.requests == []
    assert "Nothing is sent" in page.empty.text


def test_the_hub_is_searched_as_one_types_and_each_result_judged(
    qtbot: QtBot, page: PickerPanel, server: HubServer, tmp_path: Path
) -> None:
    server.add(NAME, write_hub_model(tmp_path / "Birch"), downloads=3, config={"model_type": "llama"})
    server.add("acme/Oak", write_hub_model(tmp_path / "Oak"), gated="manual").gated = True
    page.search.look_on(HUB)
    for end in range(1, 5):
        page.search.text.setText("acme"[:end])
    qtbot.waitUntil(lambda: len(page.hub.verdicts) == 2, timeout=WAIT)
    assert len(server.queries) == 1
    entries = {entry.name: entry for entry in page.table.model().entries}  # type: ignore[attr-defined]
    assert "tok/s" in entries[NAME].here
    assert entries["acme/Oak"].here == "no access yet"
    assert "licence to accept" in entries["acme/Oak"].badges


def test_no_network_is_said_in_place_of_results(qtbot: QtBot, page: PickerPanel, server: HubServer) -> None:
    server.close()
    page.search.look_on(HUB)
    page.search.text.setText("birch")
    qtbot.waitUntil(lambda: "You are offline" in page.empty.text, timeout=WAIT)
    page.search.scope.setCurrentIndex(0)
    page.search.text.setText("")
    assert names(page) == ["penjing-demo", "penjing-demo-draft"]


def test_a_download_shows_how_far_it_is_and_the_model_appears(
    qtbot: QtBot, page: PickerPanel, choice: Choice, server: HubServer, tmp_path: Path
) -> None:
    server.add(NAME, write_hub_model(tmp_path / "Birch", hidden_size=256), config={"model_type": "llama"})
    server.faults.bytes_per_second = 2e6
    with qtbot.waitSignal(page.told, timeout=WAIT) as told:
        page.downloads.start(NAME)
        qtbot.waitUntil(lambda: 0 < page.downloads.progress[0].share < 1, timeout=WAIT)
    assert told.args == [f"{NAME} is here and ready to use."]
    qtbot.waitUntil(lambda: NAME in names(page), timeout=WAIT)


def test_a_paused_download_goes_on_in_the_next_window(
    qtbot: QtBot, page: PickerPanel, choice: Choice, server: HubServer, tmp_path: Path
) -> None:
    server.add(NAME, write_hub_model(tmp_path / "Birch", hidden_size=512), config={"model_type": "llama"})
    server.faults.bytes_per_second = 2e6
    page.downloads.start(NAME)
    qtbot.waitUntil(lambda: page.downloads.progress[0].share > 0.2, timeout=WAIT)
    page.downloads.pause(NAME)
    qtbot.waitUntil(lambda: page.downloads.progress[0].state == "paused", timeout=WAIT)
    page.downloads.close()
    server.faults.bytes_per_second = None
    following = PickerPanel(choice)
    qtbot.addWidget(following)
    with qtbot.waitSignal(following.downloads.arrived, timeout=WAIT):
        following.begin()
    following.close_work()


def test_a_failed_download_says_why(qtbot: QtBot, page: PickerPanel, server: HubServer, tmp_path: Path) -> None:
    server.add(NAME, write_hub_model(tmp_path / "Birch")).private = True
    with qtbot.waitSignal(page.failed, timeout=WAIT) as failed:
        page.downloads.start(NAME)
    what, why = failed.args
    assert what == "acme/Birch could not be downloaded."
    assert "There is no model acme/Birch that everybody may see" in why
    assert page.downloads.progress[0].state == "failed"
    page.downloads.discard(NAME)
    assert page.downloads.progress == []


def test_removing_asks_with_what_becomes_free(qtbot: QtBot, page: PickerPanel, choice: Choice, tmp_path: Path) -> None:
    folder = write_hub_model(models_folder() / "acme" / "Birch", hidden_size=512)
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.rescan()
    page.table.pick(str(folder))
    page.details.remove.click()
    qtbot.waitUntil(lambda: bool(page.window().findChildren(QMessageBox)), timeout=WAIT)
    (question,) = page.window().findChildren(QMessageBox)
    assert "MiB become free" in question.informativeText()
    button = next(button for button in question.buttons() if button.text().startswith("Remove"))
    with qtbot.waitSignal(page.told, timeout=WAIT):
        button.click()
    qtbot.waitUntil(lambda: NAME not in names(page), timeout=WAIT)
    assert not folder.exists()


def test_files_are_checked_and_the_result_stays_beside_the_model(
    qtbot: QtBot, page: PickerPanel, choice: Choice, tmp_path: Path
) -> None:
    add(qtbot, choice, write_hub_model(tmp_path / "Maple"))
    page.table.pick(str(tmp_path / "Maple"))
    said: list[str] = []
    page._work.checked.connect(lambda _, text: said.append(text))
    page.details.verify.click()
    qtbot.waitUntil(lambda: len(said) == 2, timeout=WAIT)
    assert said == [
        "Checking files…",
        "The headers describe the weights. For 4 files nothing says what they should hold.",
    ]


def test_a_model_that_another_program_brings_appears_by_itself(
    qtbot: QtBot, page: PickerPanel, choice: Choice, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    write_hub_model(tmp_path / "mine" / "One")
    add(qtbot, choice, tmp_path / "mine")
    shutil.copytree(tmp_path / "mine" / "One", tmp_path / "mine" / "Two")
    qtbot.waitUntil(lambda: "Two" in names(page), timeout=WAIT)


def test_a_dropped_folder_is_added(
    qtbot: QtBot, page: PickerPanel, choice: Choice, kept: KeptSettings, tmp_path: Path
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDropEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        page.dropEvent(event)
    assert kept.current.folders == [tmp_path]


def test_a_card_is_shown_without_its_settings(tmp_path: Path) -> None:
    card = "---\nlicense: mit\n---\n# Title\n\n<img src='https://example.org/x.png'>\n\nText --- with dashes\n---\nEnd"
    (tmp_path / "README.md").write_text(card)
    assert card_text(tmp_path).startswith("# Title")
    assert card_text(tmp_path).endswith("End")


def test_a_card_loads_nothing_from_elsewhere(
    qtbot: QtBot, page: PickerPanel, choice: Choice, server: HubServer, tmp_path: Path
) -> None:
    folder = write_hub_model(tmp_path / "Maple")
    url = f"{server.endpoint}/picture.png"
    (folder / "README.md").write_text(f"# Maple\n\n![picture]({url})\n\n<img src='{url}'>\n")
    add(qtbot, choice, folder)
    page.table.pick(str(folder))
    page.details._show_card.click()
    qtbot.wait(200)
    assert "Maple" in page.details._card.plain_text
    assert server.requests == []
