"""Where a tensor's parts lie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.models.spec import TensorSpec

TABLE = TensorSpec("embedding.weight", Path("model.safetensors"), 1000, 10 * 4 * 3 * 2, "BF16", (10, 4, 3))


def test_rows_lie_where_the_tensor_has_them() -> None:
    assert TABLE.rows(2, 5) == replace(TABLE, offset=1000 + 2 * 24, bytes=3 * 24, shape=(3, 4, 3))
    assert TABLE.rows(0, 10) == TABLE
    assert TABLE.rows(10, 10).bytes == 0
    assert TABLE.rows(2, 8).rows(1, 2) == TABLE.rows(3, 4)


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (5, 11), (3, 2)])
def test_rows_outside_the_tensor_are_refused(start: int, stop: int) -> None:
    with pytest.raises(IndexError, match="of the 10 of embedding"):
        TABLE.rows(start, stop)
