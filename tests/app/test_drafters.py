"""Drafters are named in words, alone and together."""

from __future__ import annotations

import pytest

from app.drafters import NAMES, drafter_words, surest
from core.planning.sources import SOURCES


@pytest.mark.parametrize(
    ("drafter", "words", "first"),
    [
        ("model", "draft model", "model"),
        ("lookup+model", "prompt lookup and draft model", "lookup"),
        ("model+lookup+recycling", "draft model, prompt lookup and token recycling", "model"),
        ("exit+recycling", "early exit and token recycling", "exit"),
        ("self+lookup", "self-draft and prompt lookup", "self"),
        ("a new one", "a new one", "a new one"),
    ],
)
def test_drafters_in_words(drafter: str, words: str, first: str) -> None:
    assert drafter_words(drafter) == words
    assert surest(drafter) == first


def test_every_source_that_the_engine_knows_has_a_name() -> None:
    assert set(NAMES) == set(SOURCES)
