"""The rows of a pass are cut so that each piece knows where its rows stand and how many of them count."""

from __future__ import annotations

import pytest
import torch

from core.models.piece import Piece
from core.offload import pieces
from core.offload.pieces import cut

PAST, TEXT, DEPTHS = 4, 7, [0, 1, 1]
VISIBLE = torch.tensor([[True, False, False], [True, True, False], [True, False, True]])
POSITIONS = [4, 5, 6, 7, 8, 9, 10, 11, 12, 12]


def cut_pass(whole: bool, dtype: torch.dtype = torch.float32) -> list[Piece]:
    hidden = torch.arange(TEXT + len(DEPTHS), dtype=dtype)[None, :, None].expand(1, -1, 6)
    return cut(hidden, PAST, DEPTHS, VISIBLE, whole)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("whole", "rows"), [(False, [3, 3, 1, 3]), (True, [10])])
def test_all_rows_are_in_pieces_in_their_order(
    whole: bool, rows: list[int], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PROMPT_CHUNK", 3)
    made = cut_pass(whole, dtype)
    assert [piece.rows for piece in made] == rows
    counted = [row for piece in made for row in piece.hidden[0, : piece.rows, 0].tolist()]
    assert counted == list(range(TEXT + len(DEPTHS)))
    assert [position for piece in made for position in piece.positions[0, : piece.rows].tolist()] == POSITIONS
    # Each piece sees up to the slot that its last row will have.
    last = [max(block.slots.stop for block in piece.sight.blocks(None)) for piece in made]
    assert last == [PAST + sum(rows[: index + 1]) for index in range(len(rows))]


def test_bfloat16_rows_on_a_cpu_are_padded_to_few_numbers() -> None:
    (piece,) = cut_pass(whole=True, dtype=torch.bfloat16)
    assert piece.hidden.shape == (1, 16, 6)
    assert piece.positions.shape == (1, 16)
    assert [block.rows.stop for block in piece.sight.blocks(None)][-1] == 16
    assert cut_pass(whole=True)[0].hidden.shape == (1, 10, 6)


def test_nodes_alone_make_one_piece() -> None:
    for whole in (False, True):
        (piece,) = cut(torch.zeros(1, 3, 6), PAST, DEPTHS, VISIBLE, whole)
        assert piece.positions.tolist() == [[4, 5, 5]]
