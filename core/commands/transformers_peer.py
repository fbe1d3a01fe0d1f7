"""transformers' own `generate` as a contestant of `penjing bench`: the whole model in memory, no limit, no tree."""

from __future__ import annotations

import time
from typing import Any

import torch
from transformers import AutoModelForCausalLM, GenerationConfig
from transformers.utils import logging

from core.chat.tokenizer import Tokenizer
from core.decoding.report import FinishReason, ReplySummary, Speculation
from core.engine.messages import Generate
from core.machine.own_memory import peak_resident_bytes
from core.planning.plan import Plan
from core.sampling.settings import Sampling


class TransformersPeer:
    """A model loaded by transformers, in the dtype and on the device of a plan."""

    def __init__(self, plan: Plan) -> None:
        logging.disable_progress_bar()
        self._plan = plan
        self._tokenizer = Tokenizer(plan.model)
        # Never a pickle, never code from the model's folder, never the network.
        model: Any = AutoModelForCausalLM.from_pretrained(
            plan.model, dtype=getattr(torch, plan.dtype), use_safetensors=True, local_files_only=True
        )
        self._model = model.to(plan.device).eval()

    def write(self, request: Generate) -> ReplySummary:
        """Writes one reply. The first token ends the reading of the prompt."""
        prompt = self._tokenizer.encode_chat(request.messages)
        room = self._plan.context - len(prompt)
        limit = min(room, request.max_new_tokens or room)
        torch.manual_seed(request.sampling.seed)
        clock = _Clock()
        started = time.perf_counter()
        with torch.inference_mode():
            output = self._model.generate(
                torch.tensor([prompt], device=self._plan.device),
                generation_config=self._settings(request.sampling, limit),
                streamer=clock,
            )
        seconds = time.perf_counter() - started
        tokens = tuple(output[0, len(prompt) :].tolist())
        first = clock.times[1] - started
        ended = tokens[-1] in self._tokenizer.stop_ids
        return ReplySummary(
            text=self._tokenizer.decode(tokens),
            token_ids=tokens,
            finish_reason=FinishReason.END if ended else FinishReason.LENGTH,
            prompt_tokens=len(prompt),
            steps=len(tokens),
            tokens_per_step=1.0,
            tokens_per_second=(len(tokens) - 1) / (seconds - first),
            seconds_to_first_token=first,
            seconds=seconds,
            peak_ram_bytes=peak_resident_bytes(),
            peak_vram_bytes=torch.cuda.max_memory_reserved() if self._plan.device != "cpu" else 0,
            speculation=Speculation(False, "transformers decodes one token at a time", "none"),
            seed=request.sampling.seed,
        )

    def _settings(self, sampling: Sampling, limit: int) -> GenerationConfig:
        stops = sorted(self._tokenizer.stop_ids)
        common: dict[str, Any] = {
            "max_new_tokens": limit,
            "eos_token_id": stops or None,
            "pad_token_id": stops[0] if stops else None,
            "repetition_penalty": sampling.repetition_penalty,
        }
        if sampling.temperature == 0:
            return GenerationConfig(do_sample=False, **common)
        return GenerationConfig(
            do_sample=True,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            min_p=sampling.min_p or None,
            **common,
        )


class _Clock:
    """A streamer that notes when tokens come: first the prompt, then each token, as transformers calls it."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def put(self, tokens: torch.Tensor) -> None:
        self.times.append(time.perf_counter())

    def end(self) -> None:
        """Nothing is buffered."""
