"""The training loop: steps, learning rate, checkpoints, progress. Knows nothing of what is learned.

Stopped at any moment, it continues from its last checkpoint exactly as if it had never stopped: batches are a function
of the step, and weights and optimiser state are saved together.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn

Batch = tuple[Tensor, ...]
CHECKPOINT_SECONDS = 60.0
REPORT_SECONDS = 10.0


@dataclass(frozen=True)
class Schedule:
    """Linear warm-up to the peak, then a cosine down to zero at the last step."""

    steps: int
    peak: float
    warmup: int = 100

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.peak * 0.5 * (1.0 + math.cos(math.pi * done))


def train(
    name: str,
    model: nn.Module,
    batches: Iterator[Batch],
    loss_of: Callable[[Batch], Tensor],
    schedule: Schedule,
    checkpoint: Path,
    stop_at: int | None = None,
) -> None:
    """Trains in place up to the last step of the schedule (or `stop_at`), resuming from `checkpoint` if it is there.

    `batches` starts at step 0; the steps already done are skipped. `loss_of` gets a batch on the model's device.
    """
    device = next(model.parameters()).device
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.0, betas=(0.9, 0.95), weight_decay=0.02, fused=True)
    step = _resume(checkpoint, model, optimiser, device)
    last = schedule.steps if stop_at is None else stop_at
    if step >= last:
        return
    progress = _Progress(name, step, schedule.steps)
    saved = time.monotonic()
    model.train()
    for batch in islice(batches, step, last):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate(step)
        on_device = tuple(tensor.to(device, non_blocking=True) for tensor in batch)
        # On processors without fast bfloat16 products, float32 trains up to twice as fast; GPUs want bfloat16.
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            loss = loss_of(on_device)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        progress.add(step, loss.item(), batch[0].numel())
        if step == last or time.monotonic() - saved > CHECKPOINT_SECONDS:
            _save(checkpoint, model, optimiser, step)
            saved = time.monotonic()
    model.eval()


def compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function, a third faster where a compiler is at hand; as it is where none is."""
    if os.environ.get("PENJING_NO_COMPILE"):
        return function
    try:
        doubled = torch.compile(lambda x: x * 2)(torch.ones(2))
    except Exception as error:  # noqa: BLE001  # torch raises many kinds: no compiler, no Python headers, unknown system
        print(f"not compiling ({type(error).__name__}): training will be slower", flush=True)
        return function
    assert doubled.sum() == 4
    return torch.compile(function, dynamic=False)


def _resume(checkpoint: Path, model: nn.Module, optimiser: torch.optim.Optimizer, device: torch.device) -> int:
    """Loads weights and optimiser if there is a checkpoint; the number of steps done."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, map_location=device, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def _save(checkpoint: Path, model: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    """Writes beside and renames, so that a checkpoint is whole or absent."""
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
    beside = checkpoint.with_suffix(".part")
    torch.save(state, beside)
    beside.replace(checkpoint)


class _Progress:
    """Prints step, loss, speed and time left every few seconds."""

    def __init__(self, name: str, step: int, steps: int) -> None:
        self._name, self._steps = name, steps
        self._losses: list[float] = []
        self._tokens, self._first, self._since = 0, step, time.monotonic()

    def add(self, step: int, loss: float, tokens: int) -> None:
        self._losses.append(loss)
        self._tokens += tokens
        seconds = time.monotonic() - self._since
        if seconds < REPORT_SECONDS and step < self._steps:
            return
        left = (self._steps - step) * seconds / (step - self._first)
        mean = sum(self._losses) / len(self._losses)
        print(
            f"{self._name}: step {step}/{self._steps}  loss {mean:.3f}  {self._tokens / seconds:,.0f} tokens/s  "
            f"{left / 60:.1f} min left",
            flush=True,
        )
        self._losses.clear()
        self._tokens, self._first, self._since = 0, step, time.monotonic()
