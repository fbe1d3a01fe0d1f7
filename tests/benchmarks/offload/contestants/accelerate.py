"""transformers' `generate` on a model that accelerate has spread over memory and drive, plain or with an assistant.

As the documentation of big model inference has it: `device_map="auto"`, `max_memory` for what may stay in memory, and
an `offload_folder` for the rest, which the safetensors files themselves serve. Assisted generation is left at
transformers' own settings: up to 20 tokens, fewer where the assistant's confidence falls below its threshold.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from transformers import AutoModelForCausalLM, GenerationConfig
from transformers.utils import logging

from core.sizes import format_size
from tests.benchmarks.offload.job import Job, Prompt
from tests.benchmarks.offload.tape import Tape


class Contestant:
    """The settings are "cpu", the bytes of max_memory, and "assistant", 1 or 0.

    With "vram", bytes of max_memory too, it computes on the NVIDIA device.
    """

    def __init__(self, job: Job) -> None:
        logging.disable_progress_bar()
        memory, vram = int(job.settings["cpu"]), int(job.settings.get("vram", 0))
        self._device = torch.device("cuda:0" if vram else "cpu")
        self._model: Any = AutoModelForCausalLM.from_pretrained(
            job.path("model"),
            dtype=torch.bfloat16,
            device_map="auto",
            max_memory=({0: vram} if vram else {}) | {"cpu": memory},
            offload_folder=job.path("scratch"),
            use_safetensors=True,
            local_files_only=True,
        ).eval()
        self._assistant: Any = None
        if job.settings["assistant"]:
            self._assistant = AutoModelForCausalLM.from_pretrained(
                job.path("draft"), dtype=torch.bfloat16, use_safetensors=True, local_files_only=True
            ).eval()
            self._assistant.to(self._device)
        self._stops = sorted(job.stop_ids)
        self._pass_began = 0.0
        self._model.register_forward_pre_hook(self._begin)
        # There is no map where everything is kept in memory.
        places = getattr(self._model, "hf_device_map", {"": "cpu"}).values()
        allowed = f"{format_size(vram)} of VRAM" if vram else format_size(memory)
        away = "cpu" if vram else "disk"
        self.how = (
            f'device_map="auto", max_memory {allowed}, bfloat16, '
            f"{sum(place == away for place in places)} of {len(places)} modules {'in RAM' if vram else 'on the drive'}"
        )

    def write(self, prompt: Prompt, new_tokens: int, tape: Tape) -> None:
        def passed(*_: object) -> None:
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)
            tape.passed(time.perf_counter() - self._pass_began)

        hook = self._model.register_forward_hook(passed)
        settings = GenerationConfig(
            max_new_tokens=new_tokens, do_sample=False, eos_token_id=self._stops, pad_token_id=self._stops[0]
        )
        assisted = {"assistant_model": self._assistant} if self._assistant is not None else {}
        with torch.inference_mode():
            self._model.generate(
                torch.tensor([prompt.tokens], device=self._device),
                generation_config=settings,
                streamer=_Streamer(tape),
                **assisted,
            )
        hook.remove()

    def _begin(self, *_: object) -> None:
        self._pass_began = time.perf_counter()


class _Streamer:
    """Hands tokens on as transformers finds them: the prompt comes first, and is left out."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._prompt_seen = False

    def put(self, tokens: torch.Tensor) -> None:
        if self._prompt_seen:
            self._tape.add(tokens.reshape(-1).tolist())
        self._prompt_seen = True

    def end(self) -> None:
        """Nothing is buffered."""
