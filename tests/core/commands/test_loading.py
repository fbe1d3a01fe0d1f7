"""What the command line does before a model is loaded."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import pytest

from core.cli import make_parser
from core.commands.loading import fitting_plan, plan_for
from core.commands.options import choose_pair
from core.errors import DoesNotFit
from core.locations import DEMO_TARGET
from core.machine.direct_file import CHUNK
from core.machine.machine import Source
from core.machine.probe import probe_machine
from core.machine.profile import recorded
from core.planning.plan import Tier


def options(*arguments: str) -> argparse.Namespace:
    return make_parser().parse_args(["generate", "--prompt", "a", "--drafter", "none", *arguments])


@pytest.fixture
def streaming(tmp_path: Path) -> argparse.Namespace:
    """Options under which the demo model streams from a folder where a longer file lies, by which to measure."""
    folder = tmp_path / "model"
    shutil.copytree(DEMO_TARGET, folder)
    with (folder / "more.safetensors").open("wb") as stream:
        stream.truncate(16 * CHUNK)
    asked = options("--model", str(folder))
    least = fitting_plan(asked, choose_pair(asked)).minimum_limit
    return options("--model", str(folder), "--ram", f"{least}B")


def test_a_drive_is_measured_before_the_first_plan_that_streams_from_it(
    streaming: argparse.Namespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert recorded("drive_threads", streaming.model) is None
    plan = plan_for(streaming)
    assert Tier.SSD in plan.streamed_tiers
    threads = recorded("drive_threads", streaming.model)
    assert threads is not None
    assert plan.reading_threads == threads.value
    assert not any("drive" in warning for warning in plan.warnings)
    assert capsys.readouterr().err == "", "progress is for terminals"


def test_a_drive_is_measured_once(streaming: argparse.Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = plan_for(streaming)
    monkeypatch.setattr("core.commands.loading.survey_drive", None)
    assert plan_for(streaming).speed == first.speed


def test_a_drive_is_not_measured_for_a_plan_that_needs_none_of_it_later(tmp_path: Path) -> None:
    assert not plan_for(options()).streamed_tiers
    with pytest.raises(DoesNotFit):
        plan_for(options("--ram", "1MiB"))
    assert probe_machine(DEMO_TARGET).drive_read.source is Source.ASSUMED


def test_figures_that_cannot_be_kept_do_not_keep_the_model_from_loading(
    streaming: argparse.Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PENJING_HOME", str(tmp_path / "file" / "below"))
    assert plan_for(streaming).fits
