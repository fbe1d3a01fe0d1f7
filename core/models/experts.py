"""The experts of a mixture-of-experts layer, of which just those are fetched that the rows of a pass chose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS

from core.models.chunks import EXPERT_CHUNK
from core.models.padding import padded

NAME = "penjing_fetched"


class ExpertSource(Protocol):
    """Where the experts of one layer come from."""

    def weights(self, chosen: Sequence[int]) -> Iterator[Mapping[str, Tensor]]:
        """The weights of these experts in this order, in the compute dtype on the compute device.

        Each is valid only until the next is asked for.
        """


class Experts:
    """The place of a layer's experts.

    Attributes:
        source: Where their weights come from; to be set before the first pass.
        rows: How many rows of a pass count; the experts that padding behind them chooses are not fetched.
    """

    source: ExpertSource
    rows: int

    def __init__(self, module: nn.Module) -> None:
        """Args: module: transformers' own module of the experts, whose parameters stay on the meta device."""
        self.module = module
        module.penjing_place = self  # type: ignore[assignment]  # where `fetched_experts` finds it


def fetched_experts(module: Any, hidden_states: Tensor, chosen: Tensor, shares: Tensor) -> Tensor:
    """What transformers' modules of experts compute, one expert after the other.

    Args:
        hidden_states: [rows, hidden size].
        chosen: The experts of each row. [rows, experts per row].
        shares: How much each of them counts. [rows, experts per row].

    Returns:
        [rows, hidden size].
    """
    place: Experts = module.penjing_place
    choices = chosen[: place.rows].flatten()
    counts = choices.cpu().bincount().tolist()  # on an accelerator, which has to be waited for, it would wait thrice
    needed = [expert for expert, count in enumerate(counts) if count]
    by_expert = choices.argsort(stable=True).split([counts[expert] for expert in needed])
    # In float32, because what the experts of a row say is added up.
    total = torch.zeros(hidden_states.shape, dtype=torch.float32, device=hidden_states.device)
    for mine, weights in zip(by_expert, place.source.weights(needed), strict=True):
        for part in mine.split(EXPERT_CHUNK):
            rows = part // chosen.shape[1]
            padding = padded(len(rows), hidden_states.dtype, hidden_states.device) - len(rows)
            out = _expert(module, functional.pad(hidden_states[rows], (0, 0, 0, padding)), weights)[: len(rows)]
            total.index_add_(0, rows, out.float() * shares.flatten()[part, None].float())
    return total.to(hidden_states.dtype)


def _expert(module: Any, states: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """One expert over some rows. The gate between its two products is transformers' own."""
    if module.is_transposed:
        gate_and_up = torch.addmm(weights["gate_up_proj_bias"], states, weights["gate_up_proj"])
        return torch.addmm(weights["down_proj_bias"], module._apply_gate(gate_and_up), weights["down_proj"])
    gate = functional.linear(states, weights["gate_proj.weight"])
    up = functional.linear(states, weights["up_proj.weight"])
    return functional.linear(module._apply_gate(torch.cat([gate, up], -1)), weights["down_proj.weight"])


ALL_EXPERTS_FUNCTIONS.register(NAME, fetched_experts)
