"""The ring hands out groups in order, pass after pass, whatever happens between."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Cancelled, ReadFailed
from core.models.spec import TensorGroup, TensorSpec
from core.offload.byte_ranges import ReadPlan, plan_reads
from core.offload.staging_ring import StagingRing
from core.offload.weight_reader import WeightReader

SIZE = 9_000


def never() -> bool:
    return False


def write_groups(file: Path, count: int) -> list[ReadPlan]:
    """A file in which group i consists of bytes of value i."""
    file.write_bytes(b"".join(bytes([index]) * SIZE for index in range(count)))
    return [
        plan_reads(TensorGroup("", (TensorSpec("t", file, index * SIZE, SIZE, "U8", (SIZE,)),)))
        for index in range(count)
    ]


def take_value(ring: StagingRing, plan: ReadPlan) -> int:
    """Takes the next group, checks that all of it is there, and gives it back."""
    values = ring.take(never).view(plan)["t"].unique().tolist()
    ring.release()
    assert len(values) == 1
    return int(values[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(groups=st.integers(1, 6), slots=st.integers(1, 4), lengths=st.lists(st.integers(0, 6), max_size=6))
def test_every_pass_starts_at_the_first_group_even_after_a_broken_one(
    tmp_path: Path, groups: int, slots: int, lengths: list[int]
) -> None:
    plans = write_groups(tmp_path / "w", groups)
    ring = StagingRing(plans, slots, WeightReader())
    try:
        for length in [groups, *lengths, groups, groups]:
            ring.begin_pass()
            for group in range(min(length, groups)):
                assert take_value(ring, plans[group]) == group
    finally:
        ring.close()


def test_a_failed_read_reaches_the_consumer_and_the_next_pass_works_again(tmp_path: Path) -> None:
    plans = write_groups(tmp_path / "w", 3)
    whole = (tmp_path / "w").read_bytes()
    (tmp_path / "w").write_bytes(whole[: SIZE + 10])
    ring = StagingRing(plans, 1, WeightReader())
    try:
        ring.begin_pass()
        assert take_value(ring, plans[0]) == 0
        with pytest.raises(ReadFailed):
            ring.take(never)
        (tmp_path / "w").write_bytes(whole)
        ring.begin_pass()
        assert [take_value(ring, plan) for plan in plans] == [0, 1, 2]
    finally:
        ring.close()


def test_a_cancel_ends_the_wait(tmp_path: Path) -> None:
    plans = write_groups(tmp_path / "w", 2)
    ring = StagingRing(plans, 1, WeightReader())
    try:
        ring.begin_pass()
        ring.take(never)  # the only buffer: the next group cannot arrive before it is released
        ring._released += 1  # as if the consumer were one group ahead of the reader
        ring._filled = ring._released
        with pytest.raises(Cancelled):
            ring.take(lambda: True)
    finally:
        ring.close()
