from __future__ import annotations

import shutil
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.picker.choice import Choice
from app.picker.rows import draft_rows
from app.settings.kept import KeptSettings
from core.locations import DEMO_DRAFT, DEMO_TARGET
from tests.core.hub.models_made import write_hub_model

WAIT = 10_000


def rescan(qtbot: QtBot, choice: Choice) -> None:
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.rescan()


def test_the_demo_pair_is_chosen_at_first(qtbot: QtBot, choice: Choice) -> None:
    rescan(qtbot, choice)
    assert choice.target is not None
    assert choice.target.folder == DEMO_TARGET
    assert choice.draft is not None
    assert choice.draft.folder == DEMO_DRAFT


def test_no_draft_is_remembered(qtbot: QtBot, choice: Choice, kept: KeptSettings) -> None:
    rescan(qtbot, choice)
    choice.choose_draft(None)
    rescan(qtbot, choice)
    assert choice.draft is None
    assert kept.current.no_draft


def test_a_draft_larger_than_its_target_can_be_taken(qtbot: QtBot, choice: Choice) -> None:
    rescan(qtbot, choice)
    draft = next(model for model in choice.models if model.folder == DEMO_DRAFT)
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.choose_target(draft)
    rows = draft_rows(choice.drafts, choice.draft)
    assert [(row.name, row.problem, row.chosen) for row in rows] == [
        ("No draft", None, True),
        ("penjing-demo", None, False),
    ]


def test_an_added_folder_is_remembered_and_its_models_listed(
    qtbot: QtBot, choice: Choice, kept: KeptSettings, tmp_path: Path
) -> None:
    shutil.copytree(DEMO_TARGET, tmp_path / "mine" / "copy")
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.add_folder(tmp_path / "mine")
    assert "copy" in [model.name for model in choice.models]
    assert kept.current.folders == [tmp_path / "mine"]


def test_a_draft_that_does_not_fit_is_listed_with_the_reason(qtbot: QtBot, choice: Choice, tmp_path: Path) -> None:
    write_hub_model(tmp_path / "stranger")
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.add_folder(tmp_path / "stranger")
    last = draft_rows(choice.drafts, choice.draft)[-1]
    assert last.name == "stranger"
    assert "vocabulary differs at token 0" in (last.problem or "")


def test_a_folder_that_is_forgotten_stays_on_the_drive(
    qtbot: QtBot, choice: Choice, kept: KeptSettings, tmp_path: Path
) -> None:
    folder = write_hub_model(tmp_path / "mine")
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.add_folder(folder)
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.remove_folder(choice.models[-1])
    assert kept.current.folders == []
    assert (folder / "config.json").exists()
