"""What the draft model said once stays right wherever the text goes, and as long as it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.drafting.draft_rows import TEXT, DraftRows
from core.errors import Cancelled
from core.offload.offloaded_model import OffloadedModel
from core.trees.cache import TreeCache
from tests.core.random_models import load, save_llama

PROMPT = [3, 14, 15, 9, 26]
MOST = 40


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OffloadedModel]:
    model = load(save_llama(tmp_path_factory.mktemp("draft"), layers=2, seed=1))
    yield model
    model.close()


def expected(draft: OffloadedModel, text: list[int]) -> torch.Tensor:
    """Scores of what follows a text, from an empty cache."""
    alone = torch.ones(1, 1, dtype=torch.bool)
    return draft.run(draft.new_cache(len(text)), text[:-1], text[-1:], [0], alone)[0]


def below(rows: DraftRows, path: list[int]) -> int | None:
    """Where a path from the end of the text leads, as far as it was run."""
    place: int | None = TEXT
    for token in path:
        place = None if place is None else rows.find(place, token)
    return place


paths = st.lists(st.integers(0, 3), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.lists(paths, max_size=6), paths, st.booleans()), min_size=1, max_size=5))
def test_rows_say_what_a_fresh_run_of_their_whole_path_says(
    draft: OffloadedModel, moves: list[tuple[list[list[int]], list[int], bool]]
) -> None:
    """Rows are added along some paths, then the text goes on by one of its own, or is another text."""
    rows = DraftRows(draft, 64, MOST)
    text = list(PROMPT)
    for added, then, another in moves:
        rows.follow(text)
        rows.read_text(text)
        for path in added:
            if rows.room >= len(path):
                place = TEXT
                for token in path:
                    place = rows.add(place, token)
        rows.run()
        for path in [[], *added]:
            reached = below(rows, path)
            if reached is not None:
                scores = rows.scores([reached])[0]
                torch.testing.assert_close(scores, expected(draft, [*text, *path]), atol=1e-4, rtol=1e-4)
        text = [*PROMPT[: len(then)], *then] if another else [*text, *then]


def test_where_the_text_goes_on_nothing_is_run_again(draft: OffloadedModel) -> None:
    rows = DraftRows(draft, 64, MOST)
    rows.follow(PROMPT)
    with torch.inference_mode():  # as within a pass of the target
        rows.read_text(PROMPT)
    first = rows.add(TEXT, 7)
    second = rows.add(first, 8)
    rows.add(second, 9)
    rows.add(first, 10)
    rows.add(TEXT, 11)
    rows.run()
    rows.follow([*PROMPT, 7, 8])
    assert rows.read
    assert rows.read_text([*PROMPT, 7, 8]) is None
    assert len(rows) == 1  # 9 below the text; 10 and 11 are no continuations of it
    place = rows.find(TEXT, 9)
    assert place is not None
    scores = rows.scores([TEXT, place])
    torch.testing.assert_close(scores[0], expected(draft, [*PROMPT, 7, 8]), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(scores[1], expected(draft, [*PROMPT, 7, 8, 9]), atol=1e-4, rtol=1e-4)
    rows.follow([*PROMPT, 7, 8, 30])
    assert not rows.read
    assert len(rows) == 0


def test_a_run_that_is_broken_off_leaves_no_half_known_rows(tmp_path: Path) -> None:
    stop = False
    draft = load(save_llama(tmp_path, layers=3, seed=1))
    rows = DraftRows(draft, 64, MOST)
    rows.follow(PROMPT)
    rows.read_text(PROMPT)
    rows.add(TEXT, 7)
    rows.run()

    cache = rows._cache
    assert isinstance(cache, TreeCache)

    def in_the_second_layer() -> bool:
        return stop and cache._filled[0] > cache._filled[1]

    draft._cancelled = in_the_second_layer
    stop = True
    rows.add(TEXT, 8)
    with pytest.raises(Cancelled):
        rows.run()
    stop = False
    assert rows.find(TEXT, 7) is None
    for token in (8, 7):
        row = rows.add(TEXT, token)
        rows.run()
        torch.testing.assert_close(rows.scores([row])[0], expected(draft, [*PROMPT, token]), atol=1e-4, rtol=1e-4)
    draft.close()
