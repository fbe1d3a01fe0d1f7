"""llama.cpp through llama-cpp-python on a mapped GGUF file: plain, with prompt lookup, or with the draft model.

All cores, for its default is half of them; otherwise the defaults of its documentation (mmap on, batches of 512).
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from llama_cpp import Llama
from llama_cpp.llama_speculative import LlamaPromptLookupDecoding
from numpy.typing import NDArray

from tests.benchmarks.offload.job import Job, Prompt
from tests.benchmarks.offload.tape import Tape


class Contestant:
    """The settings are "lookup" and "draft": how many tokens are proposed that way, 0 for none."""

    def __init__(self, job: Job) -> None:
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        shared: dict[str, Any] = {
            "n_ctx": job.context,
            "n_threads": threads,
            "n_threads_batch": threads,
            "verbose": False,
        }
        lookup, draft = int(job.settings["lookup"]), int(job.settings["draft"])
        proposer: Any = None
        speculation = "no speculation"
        if lookup:
            proposer = LlamaPromptLookupDecoding(num_pred_tokens=lookup)
            speculation = f"prompt lookup of {lookup} tokens"
        if draft:
            proposer = _DraftModel(Llama(str(job.path("draft_gguf")), **shared), draft)
            speculation = f"the draft model proposes {draft} tokens"
        self._model = Llama(str(job.path("gguf")), draft_model=proposer, **shared)
        self._stops = frozenset(job.stop_ids)
        self._evaluate = self._model.eval
        self.how = f"mmap, {job.path('gguf').stem.rsplit('-')[-1]}, {threads} threads, n_batch 512, {speculation}"

    def write(self, prompt: Prompt, new_tokens: int, tape: Tape) -> None:
        def timed(tokens: Sequence[int]) -> None:
            started = time.perf_counter()
            self._evaluate(tokens)
            tape.passed(time.perf_counter() - started)

        self._model.eval = timed
        for token in self._model.generate(prompt.tokens, temp=0.0):
            tape.add([token])
            if token in self._stops or len(tape.tokens) == new_tokens:
                break


class _DraftModel:
    """Continues a text greedily with a second, small model: what llama-cpp-python calls a draft model."""

    def __init__(self, model: Any, length: int) -> None:
        self._model = model
        self._length = length

    def __call__(self, input_ids: NDArray[np.intc], /, **options: object) -> NDArray[np.intc]:
        model, room = self._model, self._model.n_ctx() - len(input_ids)
        known = model.input_ids[: min(model.n_tokens, len(input_ids) - 1)]
        differ = np.nonzero(known != input_ids[: len(known)])[0]
        model.n_tokens = int(differ[0]) if len(differ) else len(known)  # the rest of its cache is dropped by eval
        proposed: list[int] = []
        tokens = input_ids[model.n_tokens :].tolist()
        for _ in range(min(self._length, room)):
            model.eval(tokens)
            tokens = [model.sample(temp=0.0)]
            proposed += tokens
        return np.array(proposed, dtype=np.intc)
