"""A model by its numbers alone, without files: to plan for what is not here yet, and to measure layers of any shape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.models.spec import DTYPE_BYTES, ModelSpec, PackedWeight, Packing, TensorGroup, TensorSpec

_NO_FILE = Path()


class Unspecified(Packing):
    """Some encoding of which only the size is known."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The numbers of an architecture.

    Attributes:
        intermediate: Of a dense layer; of an expert where there are experts.
        weight_bytes: Bytes per weight as stored: 2 for bfloat16, about 0.56 for 4 bits with scales.
    """

    name: str
    family: str
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    experts: int = 0
    experts_per_token: int = 0
    tied: bool = False
    context_limit: int = 8192
    sliding_window: int | None = None
    weight_bytes: float = 2.0

    def spec(self) -> ModelSpec:
        """What the checkpoint would be. Its folder is its name, and there are no files in it."""
        hidden, projected = self.hidden, self.heads * self.head_dim
        keys = self.kv_heads * self.head_dim
        attention: dict[str, tuple[int, ...]] = {
            "self_attn.q_proj.weight": (projected, hidden),
            "self_attn.k_proj.weight": (keys, hidden),
            "self_attn.v_proj.weight": (keys, hidden),
            "self_attn.o_proj.weight": (hidden, projected),
            "input_layernorm.weight": (hidden,),
            "post_attention_layernorm.weight": (hidden,),
        }
        perceptron: dict[str, tuple[int, ...]] = {
            "mlp.gate_proj.weight": (self.intermediate, hidden),
            "mlp.up_proj.weight": (self.intermediate, hidden),
            "mlp.down_proj.weight": (hidden, self.intermediate),
        }
        layer = attention | ({"mlp.gate.weight": (self.experts, hidden)} if self.experts else perceptron)
        head: dict[str, tuple[int, ...]] = {"norm.weight": (hidden,)}
        if not self.tied:
            head["lm_head.weight"] = (self.vocabulary, hidden)
        block, expert = self._group(layer), self._group(perceptron)
        return ModelSpec(
            folder=Path(self.name),
            name=self.name,
            family=self.family,
            config=self._config(),
            layers=(block,) * self.layers,
            expert_groups=((expert,) * self.experts,) * self.layers,
            embedding=self._group({"weight": (self.vocabulary, hidden)}),
            head=self._group(head),
            tied_embeddings=self.tied,
            hidden_size=hidden,
            intermediate_size=self.intermediate,
            heads=self.heads,
            kv_heads=self.kv_heads,
            head_dim=self.head_dim,
            vocabulary=self.vocabulary,
            experts=self.experts,
            experts_per_token=self.experts_per_token,
            context_limit=self.context_limit,
            sliding_window=self.sliding_window,
            dtype="BF16",
            quantisation=f"{8 * self.weight_bytes:.3g} bits" if self.quantised else None,
        )

    @property
    def quantised(self) -> bool:
        return self.weight_bytes != DTYPE_BYTES["BF16"]

    def _group(self, shapes: Mapping[str, tuple[int, ...]]) -> TensorGroup:
        """Matrices in as many bytes as a weight takes, all else in bfloat16."""
        tensors, packed = [], []
        for name, shape in shapes.items():
            elements = math.prod(shape)
            if len(shape) == 2 and self.quantised:
                size = round(elements * self.weight_bytes)
                tensors.append(TensorSpec(name, _NO_FILE, 0, size, "U8", (size,)))
                packed.append(PackedWeight(name, shape, {"bytes": name}, Unspecified()))
            else:
                tensors.append(TensorSpec(name, _NO_FILE, 0, 2 * elements, "BF16", shape))
        return TensorGroup("", tuple(tensors), tuple(packed))

    def _config(self) -> dict[str, object]:
        return {
            "hidden_size": self.hidden,
            "intermediate_size": self.intermediate,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_dim,
            "num_hidden_layers": self.layers,
            "vocab_size": self.vocabulary,
            "max_position_embeddings": self.context_limit,
        }
