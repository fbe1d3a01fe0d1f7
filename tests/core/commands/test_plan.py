"""`penjing plan`: the table and the JSON say the same, for this machine and for a described one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli import main
from core.engine.wire import adapter, to_jsonable
from core.locations import DEMO_TARGET
from core.machine.machine import Machine
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Tier

LAYERS = len(open_checkpoint(DEMO_TARGET).layers)


def plan_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Plan:
    main(["plan", "--json", *arguments])
    plan: Plan = adapter(Plan).validate_json(capsys.readouterr().out)
    return plan


def test_json_is_the_plan_whole(capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_json(capsys)
    assert plan.fits
    assert plan.model == DEMO_TARGET
    assert plan.layers == (Tier.RAM,) * LAYERS


def test_a_low_limit_streams_layers_and_the_tiles_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    limit = plan_json(capsys).minimum_limit
    assert main(["plan", "--ram", f"{limit / 2**20 + 1}MiB"]) == 0
    table = capsys.readouterr().out
    assert "▯" * (LAYERS // 2) in table
    assert "are read from the drive in every pass" in table
    assert re.search(r"^Embedding: \w+, head: \w+, KV cache: RAM in \w+$", table, re.MULTILINE)


def test_a_plan_that_does_not_fit_is_shown_without_a_speed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--ram", "10MiB"]) == 3
    table = capsys.readouterr().out
    assert "more RAM than the limit" in table
    assert "tokens per second" not in table


def test_the_context_is_the_models_own_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert plan_json(capsys).context == open_checkpoint(DEMO_TARGET).context_limit
    assert plan_json(capsys, "--context", "300").context == 300


def test_what_the_cache_is_kept_in_and_where_the_draft_lives_is_asked_for_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ("--kv-dtype", "float8_e4m3", "--draft-tier", "ssd", "--drafter", "model")
    plan = plan_json(capsys, *asked)
    assert (plan.kv_dtype, plan.draft_tier) == ("float8_e4m3", Tier.SSD)
    assert plan_json(capsys).kv_dtype == plan.dtype
    assert main(["plan", *asked]) == 0
    table = capsys.readouterr().out
    assert "KV cache: RAM in float8_e4m3" in table
    assert "Draft: SSD, streamed at each of its passes" in table
    assert "are rounded to float8_e4m3" in table


def test_a_tier_that_no_draft_can_live_in_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--device", "cpu", "--draft-tier", "vram"]) == 2
    assert "Choose auto or one of: ram, ssd." in capsys.readouterr().err


def test_without_a_drafter_a_step_commits_one_token(capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_json(capsys, "--drafter", "none")
    assert plan.draft is None
    assert plan.speed is not None
    assert plan.speed.tokens_per_step == 1.0


def test_a_model_with_another_vocabulary_is_refused_as_draft(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in DEMO_TARGET.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tokenizer = json.loads((tmp_path / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    first, second, *_ = sorted(vocabulary, key=vocabulary.__getitem__)[100:]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert main(["plan", "--draft", str(tmp_path)]) == 2
    assert "vocabulary differs at token" in capsys.readouterr().err


@pytest.mark.parametrize("wrapped", [False, True], ids=["machine alone", "within doctor's report"])
def test_another_machine_can_be_planned_for(wrapped: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = replace(probe_machine(), ram_total=3 << 40, ram_available=2 << 40)
    description = to_jsonable(machine)
    file = tmp_path / "machine.json"
    file.write_text(json.dumps({"machine": description} if wrapped else description))
    (ram,) = (use for use in plan_json(capsys, "--machine", str(file)).use if use.tier is Tier.RAM)
    assert ram.total == 3 << 40


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cpu": "x"}', '{"machine": 7}'])
def test_a_file_that_describes_no_machine_is_refused(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "machine.json"
    file.write_text(content)
    assert main(["plan", "--machine", str(file)]) == 2
    assert "describes no machine" in capsys.readouterr().err


def test_a_machine_that_an_older_version_described_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = to_jsonable(probe_machine())
    del description["drive_threads"]
    file = tmp_path / "machine.json"
    file.write_text(json.dumps(description))
    assert main(["plan", "--machine", str(file)]) == 2
    assert "Write one with `penjing doctor --json`" in capsys.readouterr().err


def test_what_doctor_writes_plan_can_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    file = tmp_path / "doctor.json"
    file.write_text(capsys.readouterr().out)
    machine = adapter(Machine).validate_python(json.loads(file.read_text())["machine"])
    assert machine.drive_read.source == "measured"
    assert main(["plan", "--machine", str(file)]) == 0
