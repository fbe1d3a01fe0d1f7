"""`penjing generate --trace` as a person calls it, with the real engine and the demo pair."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from core.decoding.report import ReplySummary, StepReport
from core.decoding.trace import TraceHead, read_trace
from tests.end_to_end.test_cli import PENJING, QUESTION, ROOT, SECONDS, penjing


def test_a_reply_and_its_trace_tell_the_same(tmp_path: Path) -> None:
    file = tmp_path / "reply.jsonl"
    done = penjing(
        *("generate", "--json", "--prompt", QUESTION, "--budget", "12", "--max-new-tokens", "24", "--trace", str(file))
    )
    assert (done.returncode, done.stderr) == (0, "")
    reply = json.loads(done.stdout)
    head, *steps, summary = read_trace(file)
    assert isinstance(head, TraceHead)
    assert [message.content for message in head.messages] == [QUESTION]
    assert isinstance(summary, ReplySummary)
    assert summary.text == reply["text"]
    assert len(steps) == len(reply["steps"])
    for step, told in zip(steps, reply["steps"], strict=True):
        assert isinstance(step, StepReport)
        assert (len(step.committed), step.nodes) == (told["committed"], told["nodes"])
        tree = step.tree
        assert len(tree.target_probabilities) == len(tree.target_ranks) == step.nodes
        # Without temperature the target takes what it thinks likeliest.
        assert tree.exit_rank == 0
        node = tree.exit_node
        while node:
            assert tree.target_ranks[node] == 0
            node = tree.parents[node]


def test_a_trace_that_cannot_be_written_is_told_before_anything_loads(tmp_path: Path) -> None:
    code = (
        "import sys; from core.cli import main;"
        f"code = main(['generate', '--prompt', 'a', '--trace', {str(tmp_path / 'none' / 'f')!r}]);"
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert "cannot be written: No such file or directory." in done.stderr


def test_a_killed_program_leaves_a_trace_that_opens(tmp_path: Path) -> None:
    file = tmp_path / "reply.jsonl"
    command = [*PENJING, "generate", "--prompt", QUESTION, "--budget", "1", "--trace", str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
        end = time.monotonic() + SECONDS
        while not (file.exists() and file.read_bytes().count(b"\n") >= 4):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
        process.kill()
    entries = list(read_trace(file))
    assert isinstance(entries[0], TraceHead)
    assert len(entries) >= 4


def test_each_line_is_json_whatever_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "reply.jsonl"
    done = penjing("generate", "--prompt", QUESTION, "--max-new-tokens", "4", "--trace", str(file))
    assert done.returncode == 0
    kinds = [next(iter(json.loads(line))) for line in file.read_text(encoding="utf-8").splitlines()]
    assert kinds[0] == "trace"
    assert kinds[-1] == "reply"
    assert set(kinds[1:-1]) == {"step"}
