"""`penjing plan` for other computers and for models that are not here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli import main
from core.engine.wire import to_jsonable
from core.planning.catalogue import models
from tests.core.planning.samples import GIB, machine


def described(tmp_path: Path, **changes: object) -> Path:
    content = to_jsonable(machine(64 * GIB))
    for name, value in changes.items():
        if value is None:
            del content[name]
        else:
            content[name] = value
    file = tmp_path / "machine.json"
    file.write_text(json.dumps({"machine": content}), "utf-8")
    return file


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ram_total": None}, "ram_total is missing"),
        ({"ram_total": -1}, "ram_total must be above zero"),
        ({"ram_available": -5}, "ram_available must be above zero"),
        ({"ram_available": 1 << 60}, "ram_available is above all that there is"),
        ({"drive_threads": {"value": 0.2, "source": "measured", "how": ""}}, "drive_threads must be 1 or more"),
        (
            {"devices": [{"name": "cuda:0", "title": "A card", "total_bytes": 5, "free_bytes": 6}]},
            "the free memory of cuda:0 is above",
        ),
        ({"cores": 0}, "cores must be above zero"),
        ({"cores": "many"}, "cores cannot be 'many'"),
        ({"drive_read": {"value": 0, "source": "measured", "how": ""}}, "drive_read must be above zero"),
        ({"drive_read": {"value": "NaN", "source": "measured", "how": ""}}, "drive_read must be above zero"),
        ({"drive_read": {"value": 1e9}}, "drive_read.source is missing"),
    ],
)
def test_a_machine_that_cannot_be_is_a_sentence(
    tmp_path: Path, changes: dict[str, object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--machine", str(described(tmp_path, **changes))]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_another_card_memory_and_drive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(described(tmp_path))
    parts = ["--card", "4090", "--total-ram", "96GiB", "--drive", "PCIe 5"]
    known = ["--known", "Llama-3.3-70B-Instruct", "--weights", "4 bits"]
    assert main(["plan", "--machine", file, "--json", *known, *parts]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["device"] == "cuda:0"
    assert {use["tier"]: use["total"] for use in plan["use"]}["ram"] == 96 * GIB
    assert plan["draft"] is not None


@pytest.mark.parametrize(("option", "name"), [("--card", "9999"), ("--drive", "floppy"), ("--known", "GPT-9")])
def test_what_the_catalogue_lacks_is_a_sentence(
    tmp_path: Path, option: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--machine", str(described(tmp_path)), option, name]) == 2
    assert "The catalogue has no" in capsys.readouterr().err


def test_the_whole_catalogue_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(described(tmp_path))
    assert main(["plan", "--catalogue", "--machine", file]) == 0
    table = capsys.readouterr().out
    assert main(["plan", "--catalogue", "--machine", file, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == sum(entry.role == "target" for entry in models())
    for row in rows:
        assert row["model"].split("/")[-1] in table
        assert (row["plan"]["speed"] is None) == (row["plan"]["shortfall"] > 0)
    rates = [row["plan"]["speed"]["low"] for row in rows if row["plan"]["speed"]]
    assert rates
    assert "are from memory" in table
