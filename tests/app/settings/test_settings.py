from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.settings.kept import KeptSettings
from app.settings.page import SettingsPage
from app.settings.settings import Settings, SettingsFileUnreadable, WindowLayout, load_settings, save_settings
from app.style.theme import Appearance


def test_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    settings = Settings(temperature=0.7, seed=42, appearance=Appearance.DARK, folders=[tmp_path], max_new_tokens=100)
    settings.window = WindowLayout.model_construct(geometry=bytes(range(256)), docks=b"\n")
    save_settings(settings, tmp_path / "settings.toml")
    assert load_settings(tmp_path / "settings.toml") == settings


def test_without_a_file_the_defaults_are_used(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.toml") == Settings()


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff\xfe\x00", b"temperature = -1", b"version = 99", b'seed = "many"', b"folders = 3", b"window = 1"],
)
def test_a_file_that_cannot_be_used_is_kept_aside_and_explained(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsFileUnreadable) as caught:
        load_settings(file)
    aside = tmp_path / "settings.unreadable.toml"
    assert aside.read_bytes() == content
    assert str(aside) in caught.value.remedy
    assert load_settings(file) == Settings()


def test_a_failed_save_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.toml"
    save_settings(Settings(seed=1), file)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_settings(Settings(seed=2), file)
    assert load_settings(file).seed == 1


def test_a_field_of_a_later_version_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("version = 1\nseed = 5\nunheard_of = true\n", encoding="utf-8")
    assert load_settings(file).seed == 5


def test_what_is_remembered_is_on_disk_after_closing(qtbot: QtBot, tmp_path: Path) -> None:
    kept = KeptSettings(tmp_path / "settings.toml")
    with qtbot.waitSignal(kept.changed) as changed:
        kept.remember(seed=9, top_k=0)
    assert changed.args == [{"seed"}]
    kept.close()
    assert load_settings(tmp_path / "settings.toml").seed == 9


def test_a_folder_that_cannot_be_written_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    kept = KeptSettings(tmp_path / "gone" / "settings.toml")
    with qtbot.waitSignal(kept.failed, timeout=5000) as failed:
        kept.remember(seed=9)
    assert "could not be saved" in failed.args[0]
    kept.close()


def test_every_control_of_the_page_changes_its_setting(qtbot: QtBot, tmp_path: Path) -> None:
    kept = KeptSettings(tmp_path / "settings.toml")
    page = SettingsPage(kept.current, kept.remember)
    qtbot.addWidget(page)
    page.temperature.setValue(0.8)
    page.top_p.setValue(0.9)
    page.top_k.setValue(40)
    page.min_p.setValue(0.05)
    page.penalty.setValue(1.1)
    page.limit.setValue(200)
    page.random.setChecked(False)
    page.seed.clear()
    qtbot.keyClicks(page.seed, "123")
    page.seed.editingFinished.emit()
    page.appearance.setCurrentText("Dark")
    page.language.setCurrentText("简体中文")
    page.still.setChecked(True)
    page.prompt.setPlainText("Be brief.")
    qtbot.waitUntil(lambda: kept.current.system_prompt == "Be brief.")
    assert kept.current == Settings(
        temperature=0.8,
        top_p=0.9,
        top_k=40,
        min_p=0.05,
        repetition_penalty=1.1,
        max_new_tokens=200,
        random_seed=False,
        seed=123,
        appearance=Appearance.DARK,
        motion=False,
        language="zh_CN",
        system_prompt="Be brief.",
    )
    kept.close()
