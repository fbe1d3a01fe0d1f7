"""Messages that say something in words."""

from __future__ import annotations

import pytest

from core.engine.messages import Loading

GIB = 1 << 30


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (None, "Loading big, 1.0 GiB of 4.0 GiB"),
        (0.4, "Loading big, 1.0 GiB of 4.0 GiB"),
        (12.2, "Loading big, 1.0 GiB of 4.0 GiB, 12 s left"),
        (200.0, "Loading big, 1.0 GiB of 4.0 GiB, 3 min left"),
    ],
)
def test_progress_is_told_in_bytes_and_with_the_time_left_once_it_can_be_told(left: float | None, words: str) -> None:
    assert Loading(GIB, 4 * GIB, "big", left).words == words


def test_a_load_that_has_not_begun_tells_no_sizes() -> None:
    assert Loading(0, 0, "").words == "Loading …"
