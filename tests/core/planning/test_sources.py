"""Drafters by name."""

from __future__ import annotations

import pytest

from core.errors import BadRequest
from core.planning.sources import SOURCES, sources_named


def test_auto_is_all_that_there_are_and_none_is_none() -> None:
    assert sources_named("auto", drafted=True) == SOURCES
    assert sources_named("auto", drafted=False) == ("lookup", "recycling")
    assert sources_named("none", drafted=True) == ()


def test_names_are_joined_in_any_order() -> None:
    assert sources_named("recycling+model", drafted=True) == ("model", "recycling")
    assert sources_named("model", drafted=False) == ()


@pytest.mark.parametrize("name", ["", "oracle", "model+", "model,lookup", "auto+model"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(BadRequest, match="no drafter named"):
        sources_named(name, drafted=True)
