from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.picker.choice import Choice
from app.picker.panel import PickerPanel
from app.picker.rows import Role, draft_rows, target_rows
from app.settings.kept import KeptSettings
from core.locations import DEMO_DRAFT, DEMO_TARGET

WAIT = 10_000


@pytest.fixture
def kept(qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptSettings]:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no cache"))
    kept = KeptSettings(tmp_path / "settings.json")
    yield kept
    kept.close()


@pytest.fixture
def choice(kept: KeptSettings) -> Iterator[Choice]:
    choice = Choice(lambda: kept.current, kept.remember)
    yield choice
    choice.close()


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


def test_a_draft_that_does_not_fit_is_listed_with_the_reason(qtbot: QtBot, choice: Choice) -> None:
    rescan(qtbot, choice)
    draft = next(model for model in choice.models if model.folder == DEMO_DRAFT)
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.choose_target(draft)
    rows = draft_rows(choice.drafts, choice.draft)
    assert [(row.name, row.problem, row.chosen) for row in rows] == [
        ("No draft", None, True),
        ("penjing-demo", "The draft is larger than the target.", False),
    ]


def test_an_added_folder_is_remembered_and_its_models_listed(
    qtbot: QtBot, choice: Choice, kept: KeptSettings, tmp_path: Path
) -> None:
    shutil.copytree(DEMO_TARGET, tmp_path / "mine" / "copy")
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.add_folder(tmp_path / "mine")
    assert "copy" in [model.name for model in choice.models]
    assert kept.current.folders == [tmp_path / "mine"]


def test_a_folder_without_a_model_is_listed_greyed_with_the_reason(
    qtbot: QtBot, choice: Choice, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.add_folder(tmp_path / "empty")
    last = target_rows(choice.models, choice.target)[-1]
    assert last.name == "empty"
    assert last.problem is not None
    assert "config.json" in last.problem


def test_a_row_with_a_problem_cannot_be_taken(qtbot: QtBot, choice: Choice, tmp_path: Path) -> None:
    panel = PickerPanel(choice)
    qtbot.addWidget(panel)
    panel.resize(600, 600)
    panel.show()
    (tmp_path / "empty").mkdir()
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        choice.add_folder(tmp_path / "empty")
    model = panel.target_list.model()
    rows = [model.index(row, 0) for row in range(model.rowCount())]
    assert [row.data(Role.PROBLEM) is None for row in rows] == [True, True, False]
    with qtbot.assertNotEmitted(panel.target_list.taken):
        panel.target_list.clicked.emit(rows[2])
    with qtbot.waitSignal(panel.target_list.taken):
        panel.target_list.clicked.emit(rows[1])


def test_a_dropped_folder_is_added(qtbot: QtBot, choice: Choice, kept: KeptSettings, tmp_path: Path) -> None:
    from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
    from PySide6.QtGui import QDropEvent

    panel = PickerPanel(choice)
    qtbot.addWidget(panel)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDropEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(choice.chosen, timeout=WAIT):
        panel.dropEvent(event)
    assert kept.current.folders == [tmp_path]
