"""Traces: what is written is read again, whatever happened to the file meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.message import Message
from core.decoding.report import FinishReason, ReplySummary, SourceReport, Speculation, StepReport, TreeReport
from core.decoding.trace import TraceHead, TraceWriter, check_writable, from_line, read_trace, to_line
from core.errors import TraceNotSaved, UnusableTrace
from core.sampling.settings import Sampling
from tests.app.tree.steps import small_step, step, trees

HEAD = TraceHead("0.1.0", "2026-11-21T12:00:00+00:00", "big", "small", (Message("user", "Hé?\n"),), "", Sampling(0.7))
SUMMARY = ReplySummary(
    "é", (1, 2), FinishReason.END, 5, 3, 3.0, 30.0, 0.1, 1.0, 1 << 29, 0, Speculation(True, "", "model"), 7
)
STEPS = [small_step(number) for number in range(3)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reply.jsonl"
    with TraceWriter(path, HEAD) as trace:
        for report in STEPS:
            trace.add(report)
        trace.add(SUMMARY)
    return path


def test_what_was_written_is_read_again(file: Path) -> None:
    assert list(read_trace(file)) == [HEAD, *STEPS, SUMMARY]


@given(trees(), st.text(), st.floats(0, 1), st.integers(0, 9))
def test_every_step_survives_its_line(tree: TreeReport, text: str, probability: float, number: int) -> None:
    report = step(tree, number)
    report = replace(
        report,
        text=text,
        tree=replace(report.tree, exit_probability=probability, exit_rank=number, exit_text=text),
        sources={"model": SourceReport(3, 2, probability)},
    )
    line = to_line(report)
    assert line.count(b"\n") == 1
    assert from_line(line) == report


def test_lines_are_plain_json_for_other_programs(file: Path) -> None:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [next(iter(line)) for line in lines] == ["trace", "step", "step", "step", "reply"]
    assert lines[0]["trace"]["version"] == 1
    assert lines[1]["step"]["tree"]["texts"] == list(STEPS[0].tree.texts)


def test_every_cut_leaves_the_whole_steps_before_it(file: Path) -> None:
    """As a crash or a power failure leaves it, at any byte behind the head."""
    whole = file.read_bytes()
    ends = [position + 1 for position, byte in enumerate(whole) if byte == 10]
    for cut in range(ends[0], len(whole) - 1, 37):
        file.write_bytes(whole[:cut])
        steps = sum(end <= cut or end - 1 == cut for end in ends[1:4])
        assert list(read_trace(file)) == [HEAD, *STEPS[:steps]]
        file.write_bytes(whole[:cut] + bytes(100))
        assert len(list(read_trace(file))) >= steps


def test_damage_before_the_end_is_told_with_its_line(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], lines[2][:50] + b"\n", *lines[3:]]))
    entries = read_trace(file)
    assert [next(entries), next(entries)] == [HEAD, STEPS[0]]
    with pytest.raises(UnusableTrace, match="damaged in line 3"):
        next(entries)


def test_a_step_whose_arrays_are_no_tree_is_damage() -> None:
    good = STEPS[0]
    for bad in (
        replace(good.tree, parents=(-1, 0, 0, 1, 1, 6)),
        replace(good.tree, parents=(-1, 0, 0, 3, 1, 3)),
        replace(good.tree, texts=good.tree.texts[1:]),
        replace(good.tree, target_ranks=(0, 1)),
        replace(good.tree, exit_node=6),
        replace(good.tree, parents=(0, 0, 0, 1, 1, 3)),
    ):
        with pytest.raises(ValueError, match="no tree"):
            from_line(to_line(replace(good, tree=bad)))


def test_lines_of_a_kind_that_is_not_known_are_passed_over(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], b'{"weather": "fine"}\n', *lines[1:]]))
    assert list(read_trace(file)) == [HEAD, *STEPS, SUMMARY]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"Once upon a time",
        b'{"trace":',
        b'{"trace": 1}\n',
        b'{"trace":{"version":1}}\n',
        b'{"trace":{"version":"new"}}\n',
        b'{"step":{}}\n',
        bytes(5000),
        b"\xff\xfe\n",
    ],
)
def test_a_file_that_is_no_trace_is_told_so(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    with pytest.raises(UnusableTrace, match="is no trace"):
        list(read_trace(file))


def test_settings_that_cannot_be_make_no_trace(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"temperature":0.7', b'"temperature":99'))
    with pytest.raises(UnusableTrace, match="is no trace"):
        list(read_trace(file))


def test_a_newer_trace_asks_for_a_newer_program(file: Path) -> None:
    file.write_bytes(b'{"trace":{"version":2,"colour":"green"}}\n')
    with pytest.raises(UnusableTrace, match="version 2"):
        list(read_trace(file))


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(UnusableTrace, match="No such file"):
        list(read_trace(tmp_path / "gone"))
    with pytest.raises(UnusableTrace, match="Is a directory"):
        list(read_trace(tmp_path))


def test_the_check_leaves_everything_as_it_was(tmp_path: Path, file: Path) -> None:
    before = file.read_bytes()
    check_writable(file)
    check_writable(tmp_path / "new")
    assert file.read_bytes() == before
    assert not (tmp_path / "new").exists()
    for hopeless in (tmp_path, tmp_path / "no folder" / "file", file / "below a file"):
        with pytest.raises(TraceNotSaved, match="cannot be written"):
            check_writable(hopeless)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no drive that is always full")
def test_a_full_drive_does_not_cost_the_reply() -> None:
    trace = TraceWriter(Path("/dev/full"), HEAD)
    trace.add(STEPS[0])
    with pytest.raises(TraceNotSaved, match="No space left"):
        trace.close()


def test_traces_load_no_torch() -> None:
    code = "import sys, core.decoding.trace; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reports_of_earlier_steps_are_read_one_at_a_time(file: Path) -> None:
    """A trace may be larger than memory."""
    entries = read_trace(file)
    assert isinstance(next(entries), TraceHead)
    assert isinstance(next(entries), StepReport)
