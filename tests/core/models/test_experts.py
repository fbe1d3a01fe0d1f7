"""Experts are asked for once each, just those that rows chose, and computed as transformers computes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssExperts
from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeExperts

from core.models import experts
from core.models.experts import Experts, fetched_experts

SIZES = {"hidden_size": 16, "intermediate_size": 12, "moe_intermediate_size": 12}


class RecordingSource:
    """Hands out the experts of a transformers module, each made worthless as soon as the next is asked for."""

    def __init__(self, module: Any, dtype: torch.dtype) -> None:
        self._module = module
        self._dtype = dtype
        self.asked: list[list[int]] = []

    def weights(self, chosen: Sequence[int]) -> Iterator[Mapping[str, Tensor]]:
        self.asked.append(list(chosen))
        for expert in chosen:
            weights = self._of(expert)
            yield weights
            for tensor in weights.values():
                tensor.fill_(torch.nan)

    def _of(self, expert: int) -> dict[str, Tensor]:
        parts = {name: part[expert].detach().clone().to(self._dtype) for name, part in self._module.named_parameters()}
        if self._module.is_transposed:
            return parts
        gate, up = parts["gate_up_proj"].chunk(2)
        return {"gate_proj.weight": gate, "up_proj.weight": up, "down_proj.weight": parts["down_proj"]}


def random_experts(kind: type[Any], family: str, count: str) -> Any:
    config = AutoConfig.for_model(family, **SIZES, **{count: 7})
    config._experts_implementation = "eager"
    module = kind(config)
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_()
    return module


@pytest.fixture(params=["apart", "together"])
def module(request: pytest.FixtureRequest) -> Any:
    if request.param == "apart":
        return random_experts(Qwen3MoeExperts, "qwen3_moe", "num_experts")
    return random_experts(GptOssExperts, "gpt_oss", "num_local_experts")


@torch.inference_mode()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("chunk", [1024, 2, 1])
def test_chosen_experts_are_fetched_once_and_padding_fetches_none(
    module: Any, dtype: torch.dtype, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experts, "EXPERT_CHUNK", chunk)
    place = Experts(module)
    place.source = source = RecordingSource(module, dtype)
    place.rows = 3
    states, shares = torch.randn(5, 16), torch.rand(5, 2)
    chosen = torch.tensor([[6, 2], [4, 6], [2, 6], [0, 1], [5, 3]])
    out = fetched_experts(module, states.to(dtype), chosen, shares)
    assert source.asked == [[2, 4, 6]]
    expected = module(states, chosen, shares)
    atol, rtol = (1e-4, 1e-4) if dtype is torch.float32 else (1.0, 0.1)
    assert out.dtype is dtype
    torch.testing.assert_close(out[:3].float(), expected[:3], atol=atol, rtol=rtol)
