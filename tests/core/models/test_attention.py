"""Attention gives what its formula gives, by either way of computing it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core.models import attention, sight
from core.models.attention import tree_attention
from core.models.sight import Sight

BEFORE, TEXT, NODES = 70, 90, 3


def by_formula(
    query: Tensor, key: Tensor, value: Tensor, sees: Tensor, scaling: float, cap: float | None, sinks: Tensor | None
) -> Tensor:
    """[1, rows, heads, head_dim], head by head and row by row, in float64."""
    query, key, value = query.double(), key.double(), value.double()
    group = query.shape[1] // key.shape[1]
    out = torch.zeros(1, query.shape[2], query.shape[1], query.shape[3], dtype=torch.float64)
    for head in range(query.shape[1]):
        for row in range(query.shape[2]):
            scores = key[0, head // group, sees[row]] @ query[0, head, row] * scaling
            scores = scores if cap is None else cap * torch.tanh(scores / cap)
            extra = scores.new_empty(0) if sinks is None else sinks[head].double()[None]
            shares = torch.cat([scores, extra]).softmax(0)[: len(scores)]
            out[0, row, head] = shares @ value[0, head // group, sees[row]]
    return out


@pytest.mark.parametrize("chunk", [256, 20])
@pytest.mark.parametrize("window", [None, 11])
@pytest.mark.parametrize(("cap", "sinks"), [(None, False), (1.5, False), (None, True)])
@pytest.mark.parametrize("text", [0, TEXT])
def test_attention_is_its_formula(
    text: int, cap: float | None, sinks: bool, window: int | None, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "ATTENTION_CHUNK", chunk)
    torch.manual_seed(0)
    rows, slots = text + NODES, BEFORE + text + NODES
    assert (text > attention._FEW_ROWS) == (text > 0)  # both ways of computing are used
    query, key, value = torch.randn(1, 6, rows, 10), torch.randn(1, 2, slots, 10), torch.randn(1, 2, slots, 10)
    extra = torch.randn(6) if sinks else None
    visible = torch.ones(NODES, NODES, dtype=torch.bool).tril()
    view = Sight(BEFORE, text, visible, 0, torch.float32, torch.device("cpu"))
    out, _ = tree_attention(nn.Module(), query, key, value, view, 0.4, sliding_window=window, softcap=cap, s_aux=extra)
    # The nodes are a chain, so that all rows are one text.
    sees = torch.ones(rows, slots, dtype=torch.bool).tril(BEFORE)
    if window is not None:
        sees &= torch.ones(rows, slots, dtype=torch.bool).triu(BEFORE - window + 1)
    expected = by_formula(query, key, value, sees, 0.4, cap, extra)
    torch.testing.assert_close(out.double(), expected, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("masked", [True, False])
def test_query_heads_folded_into_rows_attend_as_they_do_apart(masked: bool) -> None:
    """Accelerators do it so, of which none is here."""
    torch.manual_seed(0)
    query, keys, values = torch.randn(1, 6, 5, 8), torch.randn(1, 2, 9, 8), torch.randn(1, 2, 9, 8)
    mask = torch.full((1, 1, 5, 9), -torch.inf).triu_(5) if masked else None
    folded = attention._folded(query, keys, values, mask, 0.4)
    torch.testing.assert_close(folded, attention._grouped(query, keys, values, mask, 0.4, None, None))
