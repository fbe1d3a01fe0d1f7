"""A decoder's own transformers modules, built without weights, and how to lend weights to them.

The arithmetic of every family is transformers'; which bytes stand behind it at what moment is ours.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Protocol

import torch
from huggingface_hub.errors import StrictDataclassError
from torch import Tensor, nn
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from core.errors import UnusableModel
from core.models import attention, experts
from core.models.ends import Ends
from core.models.experts import Experts
from core.models.piece import Piece
from core.models.spec import ModelSpec

_META = torch.device("meta")

_UNBUILDABLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    StrictDataclassError,
    TypeError,
    ValueError,
)
"""What transformers raises for entries of config.json that make no sense to it."""


class KeyValueCache(Protocol):
    """What a layer needs of a cache.

    Attributes:
        rows: How many rows to keep of those that a layer hands over.
    """

    rows: int

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: object) -> tuple[Tensor, Tensor]:
        """Append rows to one layer and return all its slots."""


class WeightSlots:
    """The parameters of one module as named places that tensors are put into and taken out of.

    Setting parameters directly costs a few microseconds each; `load_state_dict` and `functional_call` cost 0.1 to
    0.3 ms a layer and would be paid at every pass.
    """

    def __init__(self, module: nn.Module, without: nn.Module | None = None) -> None:
        """Args: without: A part of the module whose parameters are not among the places."""
        self.module = module
        self._places = {
            f"{path}.{name}" if path else name: (owner, name)
            for path, owner in module.named_modules()
            for name in owner._parameters
            if owner._parameters[name] is not None and owner is not without
        }

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._places)

    def fill(self, weights: Mapping[str, Tensor]) -> None:
        """Put a tensor into every place. The names must be exactly those of the module."""
        for name, (owner, attribute) in self._places.items():
            owner._parameters[attribute] = nn.Parameter(weights[name], requires_grad=False)

    def clear(self) -> None:
        """Take the tensors out, so that their memory can be used again."""
        for owner, attribute in self._places.values():
            owner._parameters[attribute] = nn.Parameter(torch.empty(0, device=_META), requires_grad=False)


class Transformer:
    """The modules of one decoder model, on the meta device until weights are lent to them.

    Embedding table and output head are not among them: to look up rows and to multiply with the head is up to whoever
    has their weights; `embedded` and `scores` add what the family does there besides.

    Attributes:
        layers: One per decoder layer; without its experts.
        experts: For each layer the place of its experts, None if it has none.
        norm: The norm behind the last layer.
    """

    def __init__(self, spec: ModelSpec, device: torch.device) -> None:
        """Raises UnusableModel if transformers cannot build a decoder from the config."""
        try:
            config = CONFIG_MAPPING[spec.family].from_dict(dict(spec.config))
            with _META:
                model = AutoModelForCausalLM.from_config(
                    config, attn_implementation=attention.NAME, experts_implementation=experts.NAME
                )
            decoder = model.get_decoder().eval()
            # Rotary tables are computed, not loaded: a module made on the meta device would have none.
            self._rotary = type(decoder.rotary_emb)(config=config).to(device)
        except _UNBUILDABLE as error:
            raise UnusableModel(
                f"{spec.name} cannot be built from its config.json: {' '.join(str(error).split()).rstrip('.')}.",
                "Check that the folder is complete and unchanged, or choose another model.",
            ) from error
        modules = [getattr(layer.mlp, "experts", None) for layer in decoder.layers]
        self.layers = [WeightSlots(layer, part) for layer, part in zip(decoder.layers, modules, strict=True)]
        self.experts = [Experts(part) if part is not None else None for part in modules]
        self.norm = WeightSlots(decoder.norm)
        self._ends = Ends.of(config)
        # Only rotary modules with several tables know kinds of layers.
        several = hasattr(self._rotary, "layer_types")
        self._kinds: list[str | None] = config.layer_types if several else [None] * len(self.layers)

    def embedded(self, rows: Tensor) -> Tensor:
        """Hidden states before the first layer from rows of the embedding table. Both [1, rows, hidden size]."""
        return self._ends.embedded(rows)

    def scores(self, products: Tensor) -> Tensor:
        """Final scores from products of hidden states with rows of the head; element by element, so of any part."""
        return self._ends.scores(products)

    def twin(self, index: int) -> nn.Module:
        """A module like that of a layer, without weights. Not while weights are lent to that one."""
        return copy.deepcopy(self.layers[index].module)

    def run_layer(self, index: int, piece: Piece, cache: KeyValueCache, substitute: nn.Module | None = None) -> None:
        """Take a piece through one layer: its states are replaced, its keys and values appended to the cache.

        Args:
            substitute: What stands in for the layer's module.
        """
        if (place := self.experts[index]) is not None:
            place.rows = piece.rows
        cache.rows = piece.rows
        piece.hidden = (substitute or self.layers[index].module)(
            piece.hidden,
            attention_mask=piece.sight,
            position_ids=piece.positions,
            past_key_values=cache,
            use_cache=True,
            position_embeddings=self._positions(self._kinds[index], piece),
        )

    def _positions(self, kind: str | None, piece: Piece) -> tuple[Tensor, Tensor]:
        """Rotary cosines and sines of a piece for one kind of layer."""
        if kind not in piece.rotary:
            kinds = {} if kind is None else {"layer_type": kind}
            piece.rotary[kind] = self._rotary(piece.hidden, piece.positions, **kinds)
        return piece.rotary[kind]
