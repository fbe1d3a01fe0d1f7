"""`penjing bench`: which prompts it takes, how it adds up, and a real run against both peers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli import main
from core.commands.bench import read_conversations, total
from core.decoding.report import FinishReason, ReplySummary, SourceReport, Speculation
from core.errors import BadRequest


def reply(tokens: int, steps: int, rate: float, first: float, seconds: float, ram: int = 0) -> ReplySummary:
    return ReplySummary(
        text="",
        token_ids=tuple(range(tokens)),
        finish_reason=FinishReason.END,
        prompt_tokens=1,
        steps=steps,
        tokens_per_step=tokens / steps,
        tokens_per_second=rate,
        seconds_to_first_token=first,
        seconds=seconds,
        peak_ram_bytes=ram,
        peak_vram_bytes=0,
        speculation=Speculation(False, "", ""),
        seed=0,
    )


def test_prompts_turns_and_questions_are_read(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text('{"prompt": "a"}\n\n{"turns": ["b", "c"], "prompt": "x"}\n{"question": "d", "id": 7}\n')
    assert read_conversations(file) == (("a",), ("b", "c"), ("d",))


@pytest.mark.parametrize("line", ["{", '"text"', "{}", '{"prompt": 1}', '{"turns": []}', '{"turns": ["a", 2]}'])
def test_a_line_without_a_prompt_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text('{"prompt": "a"}\n' + line + "\n")
    with pytest.raises(BadRequest, match="Line 2 of"):
        read_conversations(file)


def test_totals_weigh_replies_by_their_time() -> None:
    # 30 tokens in 1 s and 10 tokens in 4 s of decoding, after prompts of 0.5 s and 1.5 s.
    figures = total([[reply(31, 8, 30.0, 0.5, 1.5, ram=5)], [reply(11, 6, 2.5, 1.5, 5.5, ram=9)]])
    assert figures["tokens_per_second"] == pytest.approx(40 / 5)
    assert figures["tokens_per_step"] == pytest.approx(42 / 14)
    assert figures["seconds_to_first_token"] == pytest.approx(1.0)
    assert figures["seconds"] == pytest.approx(7.0)
    assert figures["peak_ram_bytes"] == 9


def test_replies_of_one_step_have_no_decoding_speed() -> None:
    assert total([[reply(1, 1, 0.0, 0.5, 0.5)]])["tokens_per_second"] == 0.0


def test_sources_are_summed_over_replies() -> None:
    second = {"model": SourceReport(4, 1, 0.25), "lookup": SourceReport(3, 0, 0.1)}
    sources = [{"model": SourceReport(8, 2, 0.5)}, second]
    replies = [replace(reply(4, 2, 1.0, 0.1, 2.0), sources=each) for each in sources]
    assert total([[replies[0]], [replies[1]]])["sources"] == {
        "model": {"nodes": 12, "accepted": 3, "seconds": 0.75},
        "lookup": {"nodes": 3, "accepted": 0, "seconds": 0.1},
    }


def test_a_run_compares_replies_and_speed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts, out = tmp_path / "prompts.jsonl", tmp_path / "out.json"
    prompts.write_text('{"turns": ["What does os.path.join do?", "And os.path.split?"]}\n')
    arguments = ["bench", "--prompts", str(prompts), "--against", "plain,transformers", "--json", str(out)]
    assert main([*arguments, "--dtype", "float32", "--budget", "8", "--max-new-tokens", "12"]) == 0
    report = json.loads(out.read_text())
    for contestant in report["contestants"].values():
        (conversation,) = contestant["prompts"]
        assert len(conversation["replies"]) == 2
        assert contestant["total"]["tokens_per_second"] > 0
        assert contestant["total"]["peak_ram_bytes"] > 100 << 20
    for compared in report["against"].values():
        assert compared["same_replies"] == 2
        assert compared["tokens_per_second_ratio"] > 0
    assert report["contestants"]["plain"]["total"]["tokens_per_step"] == 1.0
    drafted = report["contestants"]["penjing"]["total"]["sources"]["model"]
    assert 0 < drafted["accepted"] <= drafted["nodes"]
    assert drafted["seconds"] > 0
    table = capsys.readouterr().out
    assert "2 of 2 replies the same" in table
    assert "model drafted" in table


def test_a_folder_that_is_not_there_is_noticed_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"prompt": "a"}\n')
    assert main(["bench", "--prompts", str(prompts), "--json", str(tmp_path / "no" / "out.json")]) == 2
    assert "There is no folder" in capsys.readouterr().err
