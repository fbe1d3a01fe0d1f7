"""Masks say what each row sees, chunk by chunk, with and without a window."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor

from core.models import sight
from core.models.sight import Sight
from core.trees.token_tree import TokenTree

CPU = torch.device("cpu")


def random_tree(nodes: int, seed: int) -> TokenTree:
    draw = random.Random(seed)
    parents, depths = [-1], [0]
    for node in range(1, nodes):
        parents.append(draw.choice([node - 1, draw.randrange(node)]))
        depths.append(depths[parents[-1]] + 1)
    one = (1.0,) * nodes
    return TokenTree((0,) * nodes, tuple(parents), tuple(depths), one, one, (0,) * nodes, ("",) * nodes)


def seen(view: Sight, rows: int, slots: int, window: int | None) -> Tensor:
    """What the blocks say that each row sees, put together. Bool, [rows, slots]."""
    together = torch.zeros(rows, slots, dtype=torch.bool)
    start = 0
    for block in view.blocks(window):
        assert block.rows.start == start
        start = block.rows.stop
        shape = (1, 1, block.rows.stop - block.rows.start, block.slots.stop - block.slots.start)
        mask = torch.zeros(shape) if block.mask is None else block.mask
        assert mask.shape == shape
        assert set(mask.unique().tolist()) <= {0.0, -torch.inf}
        together[block.rows, block.slots] = mask[0, 0] == 0
    assert start == rows
    return together


@pytest.mark.parametrize("chunk", [3, 256])
@pytest.mark.parametrize("window", [None, 1, 2, 5, 9, 40])
@pytest.mark.parametrize(
    ("before", "text", "nodes"), [(0, 0, 1), (0, 7, 1), (6, 0, 12), (6, 8, 12), (2, 9, 0), (20, 1, 6)]
)
def test_rows_see_what_precedes_them_within_the_window(
    before: int, text: int, nodes: int, window: int | None, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "ATTENTION_CHUNK", chunk)
    tree = random_tree(max(nodes, 1), seed=nodes)
    visible = tree.visibility()[:nodes, :nodes]
    root = before + text
    # Slot by slot: its position, and for nodes which slots belong to the path.
    positions = [*range(root), *(root + depth for depth in tree.depths[:nodes])]
    expected = torch.zeros(text + nodes, root + nodes, dtype=torch.bool)
    for row in range(text + nodes):
        own = before + row
        for slot in range(root + nodes):
            on_path = slot <= own if row < text else slot < root or bool(visible[row - text, slot - root])
            near = window is None or positions[own] - positions[slot] < window
            expected[row, slot] = on_path and near
    view = Sight(before, text, visible, 0, torch.float32, CPU)
    for _ in range(2):  # the second time from what was kept
        assert torch.equal(seen(view, text + nodes, root + nodes, window), expected)


def test_nodes_of_earlier_passes_are_seen_as_far_as_the_window_reaches() -> None:
    """As a draft grows a chain, one node a pass: here the fifth, whose path are the pending slots 0, 1, 3 and 4."""
    path = torch.tensor([[True, True, False, True, True]])
    view = Sight(3, 0, path, 0, torch.float32, CPU)
    assert seen(view, 1, 8, 6).tolist() == [[False, True, True, True, True, False, True, True]]
    assert seen(view, 1, 8, 3).tolist() == [[False, False, False, False, True, False, True, True]]


def test_padding_rows_stand_behind_and_see_something() -> None:
    """A row that sees nothing would be divided by nothing."""
    for text, nodes in ((5, 0), (0, 3), (5, 3)):
        view = Sight(2, text, torch.eye(nodes, dtype=torch.bool), 3, torch.float32, CPU)
        for window in (None, 2):
            assert seen(view, text + nodes + 3, 2 + text + nodes, window)[text + nodes :].any(1).all()


def test_a_row_that_sees_everything_needs_no_mask() -> None:
    (block,) = Sight(9, 0, torch.ones(1, 1, dtype=torch.bool), 0, torch.float32, CPU).blocks(None)
    assert block.mask is None
    (block,) = Sight(9, 0, torch.ones(1, 1, dtype=torch.bool), 0, torch.float32, CPU).blocks(4)
    assert (block.slots, block.mask) == (slice(6, 10), None)
