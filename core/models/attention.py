"""Attention over text and tree, registered with transformers under a name of our own."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.modeling_utils import AttentionInterface

from core.models.sight import Visibility

NAME = "penjing_tree"

_FEW_ROWS = 64
"""Rows below which a CPU is faster with grouped matrix products than with torch's fused kernel (measured on two Zen 4
cores, 32 query heads over 8 key heads, 1,024 slots: 1 row 0.23 against 3.5 ms, 64 rows 7.9 against 7.2 ms)."""


def arithmetic_dtype(dtype: torch.dtype, device: torch.device) -> torch.dtype:
    """What attention computes in, and wants masks in, where everything else is in `dtype`.

    The number of slots differs at every pass, and for bfloat16 oneDNN would compile a kernel for each number (1 ms and
    0.7 MiB, measured on a Xeon with avx512_bf16); float32 products need none.
    """
    return torch.float32 if device.type == "cpu" else dtype


def _grouped(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None,
    scaling: float,
    softcap: float | None,
    sinks: Tensor | None,
) -> Tensor:
    """Attention with the query heads of one key head folded into rows, so that keys are never repeated."""
    _, heads, rows, head_dim = query.shape
    kv_heads = keys.shape[1]
    folded = query.reshape(kv_heads, heads // kv_heads * rows, head_dim)  # [kv_heads, group * rows, head_dim]
    scores = torch.matmul(folded, keys[0].transpose(1, 2)).mul_(scaling)
    if softcap is not None:
        scores.div_(softcap).tanh_().mul_(softcap)
    if mask is not None:
        scores.view(kv_heads, -1, rows, keys.shape[2]).add_(mask[0])
    out = torch.matmul(scores.softmax(-1, torch.float32).to(values.dtype), values[0]).view(1, heads, rows, head_dim)
    if sinks is None:
        return out
    # A sink takes its share of the attention as one more score would, but there is nothing behind it.
    total = scores.logsumexp(-1).view(1, heads, rows, 1)
    return out * torch.sigmoid(total - sinks.to(total.dtype).view(1, heads, 1, 1))


def _fused(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None, scaling: float) -> Tensor:
    """Attention by torch's fused kernel, which holds no scores."""
    if query.device.type == "cpu":
        return functional.scaled_dot_product_attention(
            query, keys, values, attn_mask=mask, scale=scaling, enable_gqa=query.shape[1] != keys.shape[1]
        )
    return _folded(query, keys, values, mask, scaling)


def _folded(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None, scaling: float) -> Tensor:
    """The same where kernels that take a mask want as many key heads as query heads, as those of CUDA do.

    Without this, torch would repeat keys and values for every query head, in float32.
    """
    _, heads, rows, head_dim = query.shape
    group = heads // keys.shape[1]
    folded = query.reshape(1, keys.shape[1], group * rows, head_dim)
    mask = mask.repeat(1, 1, group, 1) if mask is not None else None
    out = functional.scaled_dot_product_attention(folded, keys, values, attn_mask=mask, scale=scaling)
    return out.reshape(query.shape)


def tree_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Visibility,
    scaling: float,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: object,
) -> tuple[Tensor, None]:
    """Attention of the last rows over all slots of a cache.

    Args:
        query: [1, heads, rows, head_dim].
        key, value: [1, kv_heads, slots, head_dim].
        attention_mask: What each row sees.
        sliding_window: How many positions a row of this layer sees, its own included; None for all.
        softcap: What scores are bounded by, if they are.
        s_aux: Scores of the sinks, if there are any. [heads].

    Returns:
        [1, rows, heads, head_dim], and no weights.
    """
    on_cpu = query.device.type == "cpu"
    dtype = arithmetic_dtype(query.dtype, query.device)
    parts = []
    for block in attention_mask.blocks(sliding_window):
        rows = query[:, :, block.rows].to(dtype)
        keys, values = key[:, :, block.slots].to(dtype), value[:, :, block.slots].to(dtype)
        if softcap is not None or s_aux is not None or (on_cpu and rows.shape[2] < _FEW_ROWS):
            parts.append(_grouped(rows, keys, values, block.mask, scaling, softcap, s_aux))
        else:
            parts.append(_fused(rows, keys, values, block.mask, scaling))
    out = parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)
    return out.to(query.dtype).transpose(1, 2), None


AttentionInterface.register(NAME, tree_attention)

# cuDNN, which torch prefers on Hopper, makes ready for every number of slots that it meets, and no two passes have the
# same.
torch.backends.cuda.enable_cudnn_sdp(False)
