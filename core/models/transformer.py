"""A decoder's own transformers modules, built without weights, and how to lend weights to them.

The arithmetic of every family is transformers'; which bytes stand behind it at what moment is ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from core.errors import UnusableModel
from core.models import attention
from core.models.spec import ModelSpec

_META = torch.device("meta")


class WeightSlots:
    """The parameters of one module as named places that tensors are put into and taken out of.

    Setting parameters directly costs a few microseconds each; `load_state_dict` and `functional_call` cost 0.1 to
    0.3 ms a layer and would be paid at every pass.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self._places = {
            f"{path}.{name}" if path else name: (owner, name)
            for path, owner in module.named_modules()
            for name in owner._parameters
            if owner._parameters[name] is not None
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

    Attributes:
        layers: One per decoder layer.
        embedding, norm, head: What stands around them.
    """

    def __init__(self, spec: ModelSpec, device: torch.device) -> None:
        """Raises UnusableModel if transformers cannot build a decoder from the config."""
        try:
            config = CONFIG_MAPPING[spec.family].from_dict(dict(spec.config))
            config._attn_implementation = attention.NAME
            with _META:
                model = AutoModelForCausalLM.from_config(config, attn_implementation=attention.NAME)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise UnusableModel(
                f"{spec.name} cannot be built from its config.json: {error}.",
                "Check that the folder is complete and unchanged, or choose another model.",
            ) from error
        decoder = model.get_decoder().eval()
        self.layers = [WeightSlots(layer) for layer in decoder.layers]
        self.embedding = WeightSlots(decoder.embed_tokens)
        self.norm = WeightSlots(decoder.norm)
        self.head = WeightSlots(model.get_output_embeddings())
        # Rotary tables are computed, not loaded: a module made on the meta device would have none.
        self._rotary = type(decoder.rotary_emb)(config=config).to(device)

    def positions(self, hidden: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Rotary cosines and sines of a pass. `hidden` gives dtype and device; `position_ids` is [1, rows]."""
        cos, sin = self._rotary(hidden, position_ids)
        return cos, sin
