"""What is recommended to somebody without models suits the computer, the drive and a first step."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.hub import recommendation
from core.hub.recommendation import ASK_FIRST, WORTH_A_DRAFT, recommend
from core.hub.suggestion import models_for
from core.hub.verdict import COMFORTABLE
from core.machine.machine import Device, Figure, Machine, Source
from core.planning.catalogue import find_model
from tests.core.planning.samples import GIB
from tests.core.planning.samples import machine as make_machine

DISK = shutil._ntuple_diskusage


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    have(monkeypatch, 1 << 42)
    return tmp_path


def have(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(1 << 43, (1 << 43) - free, free))


def with_card(memory: int) -> Machine:
    rate = Figure(2e12, Source.MEASURED, "")
    return replace(
        make_machine(ram=128 * GIB),
        devices=(Device("cuda:0", "card", memory, memory),),
        matmul=Figure(3e14, Source.MEASURED, ""),
        device_read=rate,
        host_to_device=Figure(2e10, Source.MEASURED, ""),
    )


@pytest.mark.parametrize("ram", [8, 32, 128])
def test_it_runs_here_and_asks_for_no_account(room: Path, ram: int) -> None:
    machine = make_machine(ram=ram * GIB)
    found = recommend(machine, room)
    assert found is not None
    assert not {name.partition("/")[0] for name in found.repositories} & ASK_FIRST
    assert found.bytes == sum(find_model(name).spec().bytes for name in found.repositories)
    assert found.speed.low > 0
    assert found.target in [name for name, _ in models_for(machine, room, most=100)]


def test_a_better_computer_gets_a_larger_model(room: Path) -> None:
    small, large = recommend(make_machine(ram=8 * GIB), room), recommend(with_card(80 * GIB), room)
    assert small is not None
    assert large is not None
    assert large.bytes > small.bytes
    assert large.speed.low >= COMFORTABLE


def test_whose_licence_must_be_accepted_first_is_passed_over(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = with_card(80 * GIB)
    first = recommend(machine, room)
    assert first is not None
    owner = first.target.partition("/")[0]
    monkeypatch.setattr(recommendation, "ASK_FIRST", ASK_FIRST | {owner})
    second = recommend(machine, room)
    assert second is not None
    assert not second.target.startswith(f"{owner}/")


def test_a_draft_is_one_that_anybody_may_fetch_and_that_fits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recommendation, "WORTH_A_DRAFT", 0.0)
    target = find_model("deepseek-ai/DeepSeek-R1-Distill-Llama-70B")
    assert {name.partition("/")[0] for name in target.drafts} == {"meta-llama", "deepseek-ai"}
    machine, size = make_machine(ram=64 * GIB), target.spec().bytes
    assert recommendation._paired(target, machine, 1 << 42).draft.startswith("deepseek-ai/")
    assert recommendation._paired(target, machine, size + GIB).draft == ""
    monkeypatch.setattr(recommendation, "WORTH_A_DRAFT", 1000.0)
    assert recommendation._paired(target, machine, 1 << 42).draft == ""


def test_a_draft_comes_along_only_where_it_makes_the_target_faster(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = with_card(80 * GIB)
    found = recommend(machine, room)
    assert found is not None
    assert found.draft in ("", *find_model(found.target).drafts)
    monkeypatch.setattr(recommendation, "WORTH_A_DRAFT", 0.0)
    eager = recommend(machine, room)
    monkeypatch.setattr(recommendation, "WORTH_A_DRAFT", 1000.0)
    alone = recommend(machine, room)
    assert eager is not None
    assert alone is not None
    assert alone.draft == ""
    assert alone.repositories == (alone.target,)
    gain = eager.speed.tokens_per_second / alone.speed.tokens_per_second
    assert (found.draft != "") == (gain >= WORTH_A_DRAFT)


def test_what_does_not_fit_on_the_drive_is_not_recommended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, 3 * GIB)
    found = recommend(with_card(80 * GIB), tmp_path)
    assert found is not None
    assert found.bytes <= 3 * GIB
    have(monkeypatch, 1000)
    assert recommend(with_card(80 * GIB), tmp_path) is None
