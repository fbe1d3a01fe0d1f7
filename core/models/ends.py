"""What a family does to hidden states before its first layer, and to scores after its output head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Ends:
    """
    Attributes:
        factor: By which embedding rows are multiplied.
        rounded: Whether the factor is first rounded to their dtype.
        divisor: By which scores are divided.
        cap: What scores are bounded by, smoothly; None if they are not.
    """

    factor: float = 1.0
    rounded: bool = False
    divisor: float = 1.0
    cap: float | None = None

    @classmethod
    def of(cls, config: Any) -> Ends:
        """Args: config: transformers' configuration of the model."""
        match config.model_type:
            case "gemma2" | "gemma3_text":
                return cls(factor=config.hidden_size**0.5, rounded=True, cap=config.final_logit_softcapping)
            case "granite":
                return cls(factor=config.embedding_multiplier, divisor=config.logits_scaling)
            case _:
                return cls()

    def embedded(self, rows: Tensor) -> Tensor:
        if self.rounded:
            return rows * torch.tensor(self.factor, dtype=rows.dtype)
        return rows if self.factor == 1 else rows * self.factor

    def scores(self, products: Tensor) -> Tensor:
        if self.divisor != 1:
            products = products / self.divisor
        return products if self.cap is None else torch.tanh(products / self.cap) * self.cap
