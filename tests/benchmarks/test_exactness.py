"""A sample of the campaign: packed models write the same with drafts, in every kind of place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.benchmarks.exactness import PLACES, Record, Trial, Way, run, trials
from tests.benchmarks.packed_demo import FORMATS

SAMPLE = {"GPTQ act-order": "resident, packed", "GGUF Q6_K": "streamed", "MXFP4": "streamed", "AWQ": "resident"}


@pytest.mark.parametrize("name", SAMPLE)
def test_a_format_writes_the_same_with_drafts(name: str) -> None:
    way = Way("model+lookup+recycling", "specexec", SAMPLE[name], True, True)
    found = run(Trial(name, name, (way,), 3), seed=1, tokens=16)
    assert found["ways"].keys() | found["plain"].keys() <= {"the same", "near-ties"}
    assert found["ways"]["the same"] >= 2
    assert found["plain"]["the same"] >= 2


def test_a_campaign_tries_every_format_and_place_in_at_least_as_many_replies() -> None:
    made = trials(2000, 0)
    assert {trial.model for trial in made} >= set(FORMATS)
    assert {way.place for trial in made for way in trial.ways} == set(PLACES)
    assert sum(len(trial.ways) * trial.replies for trial in made) >= 2000
    assert len({trial.name for trial in made}) == len(made)
    assert made == trials(2000, 0)


def test_a_record_keeps_what_was_found_for_the_same_campaign_alone(tmp_path: Path) -> None:
    file, trial = tmp_path / "record.jsonl", trials(2000, 0)[0]
    Record(file, 0, 2000).add(trial, {"plain": Counter(), "ways": Counter({"the same": 7})})
    assert Record(file, 0, 2000).total("ways") == {"the same": 7}
    assert trial.name in Record(file, 0, 2000).found
    assert not Record(file, 1, 2000).found
    other_code = file.read_text().replace('"code": "', '"code": "0')
    file.write_text(other_code)
    assert not Record(file, 0, 2000).found
