"""Traces in the panel: opened and saved beside a reply that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.style.theme import Appearance, theme
from app.tree.panel import TreePanel
from core.decoding.trace import TraceHead, TraceWriter, read_trace
from tests.app.tree.steps import grown_step, small_step
from tests.app.tree.test_panel import SUMMARY, shown_step

HEAD = TraceHead("0.1.0", "2026-11-21T12:00:00+00:00", "big", "small")
WAIT = 10_000


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[TreePanel]:
    theme().wear(Appearance.LIGHT, motion=False)
    widget = TreePanel()
    qtbot.addWidget(widget)
    widget.resize(340, 700)
    widget.begin_reply("one", HEAD)
    yield widget
    widget.files.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reply.jsonl"
    with TraceWriter(path, HEAD) as trace:
        for number in range(4):
            trace.add(small_step(number))
        trace.add(SUMMARY)
    return path


def open_trace(panel: TreePanel, file: Path, qtbot: QtBot) -> None:
    panel.open_trace(file)
    qtbot.waitUntil(lambda: panel.shows_other, timeout=WAIT)


def test_a_trace_is_shown_from_its_first_step_and_replayed(panel: TreePanel, file: Path, qtbot: QtBot) -> None:
    open_trace(panel, file, qtbot)
    assert panel.trace_bar.words == "reply.jsonl · big ⟵ small"
    assert (shown_step(panel), len(panel.history)) == (0, 4)
    assert not panel.running
    panel.menu.set_speed(100)
    panel.toggle()
    assert panel.running
    qtbot.waitUntil(lambda: not panel.running, timeout=WAIT)
    assert shown_step(panel) == 3


def test_the_reply_goes_on_behind_a_trace_and_is_found_again(panel: TreePanel, file: Path, qtbot: QtBot) -> None:
    panel.add_step(small_step(0))
    open_trace(panel, file, qtbot)
    panel.add_step(replace(small_step(1), bytes_streamed=5))
    panel.begin_reply("two", HEAD)
    panel.add_step(grown_step(30))
    assert panel.shows_other
    assert shown_step(panel) == 0
    panel.trace_bar.closed.emit()
    assert not panel.shows_other
    assert panel.trace_bar.isHidden()
    assert len(panel.history) == 1
    assert panel.view.scene is not None
    assert panel.view.scene.report.nodes == 30


def test_a_trace_that_was_cut_short_says_so(panel: TreePanel, file: Path, qtbot: QtBot) -> None:
    file.write_bytes(file.read_bytes()[:-300])
    open_trace(panel, file, qtbot)
    assert panel.trace_bar.words.endswith("cut short")
    panel.toggle()
    assert panel.running, "it can be replayed all the same"


@pytest.mark.parametrize("content", [b"no trace", b""])
def test_a_file_that_is_no_trace_leaves_everything_as_it_was(
    panel: TreePanel, file: Path, qtbot: QtBot, content: bytes
) -> None:
    panel.add_step(small_step(0))
    file.write_bytes(content)
    with qtbot.waitSignal(panel.failed, timeout=WAIT) as failed:
        panel.open_trace(file)
    assert "no trace" in failed.args[0]
    assert not panel.shows_other
    assert panel.trace_bar.isHidden()


def test_a_trace_without_a_step_is_told(panel: TreePanel, tmp_path: Path, qtbot: QtBot) -> None:
    with TraceWriter(tmp_path / "empty.jsonl", HEAD):
        pass
    with qtbot.waitSignal(panel.failed, timeout=WAIT) as failed:
        panel.open_trace(tmp_path / "empty.jsonl")
    assert "holds no step" in failed.args[0]


def test_what_is_shown_is_saved_and_reads_the_same(panel: TreePanel, tmp_path: Path, qtbot: QtBot) -> None:
    steps = [small_step(0), grown_step(200, number=1)]
    for step in steps:
        panel.add_step(step)
    panel.finish(SUMMARY)
    with qtbot.waitSignal(panel.saved, timeout=WAIT):
        panel.save_trace(tmp_path / "saved.jsonl")
    assert list(read_trace(tmp_path / "saved.jsonl")) == [HEAD, *steps, SUMMARY]


def test_a_trace_that_cannot_be_saved_is_told(panel: TreePanel, tmp_path: Path, qtbot: QtBot) -> None:
    panel.add_step(small_step(0))
    with qtbot.waitSignal(panel.failed, timeout=WAIT) as failed:
        panel.save_trace(tmp_path / "none" / "trace.jsonl")
    assert "cannot be written" in failed.args[0]


def test_the_menu_offers_what_can_be_done(panel: TreePanel) -> None:
    panel.menu._enable()
    assert not panel.menu.save_trace.isEnabled()
    assert not panel.menu.save_picture.isEnabled()
    panel.add_step(small_step(0))
    panel.menu._enable()
    assert panel.menu.save_trace.isEnabled()
    assert panel.menu.save_picture.isEnabled()


def test_a_picture_is_saved_from_the_panel(panel: TreePanel, tmp_path: Path, qtbot: QtBot) -> None:
    panel.add_step(small_step(0))
    with qtbot.waitSignal(panel.saved, timeout=WAIT):
        panel.save_picture(tmp_path / "step.svg")
    assert (tmp_path / "step.svg").exists()
    with qtbot.waitSignal(panel.failed, timeout=WAIT):
        panel.save_picture(tmp_path / "none" / "step.svg")
