"""Compares what two models of one tokenizer think of a text, each streamed through the engine as its plan says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.chat.tokenizer import Tokenizer
from core.engine.device import open_device
from core.engine.engine import DTYPES
from core.engine.out_of_memory import explained_out_of_memory
from core.errors import BadRequest, DoesNotFit
from core.machine.probe import probe_machine
from core.models.spec import ModelSpec
from core.offload.offloaded_model import OffloadedModel
from core.offload.places import Places
from core.planning.plan import Request
from core.planning.planner import make_plan

WINDOW = 512
"""Tokens of a pass; each knows only those before it in its own window."""

MOST_WINDOWS = 16
"""A model that streams is read once for each."""

_FEWEST = 2
_ROWS = 64


@dataclass(frozen=True, slots=True)
class Quality:
    """What became of a model.

    Attributes:
        tokens: How many were judged.
        perplexity_before, perplexity_after: What the models expected of them; lower is better, 1 is to know them all.
        agreement: At which part of them both models think the same token the likeliest.
    """

    tokens: int
    perplexity_before: float
    perplexity_after: float
    agreement: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Of every token but the first of each window, in order.

    Attributes:
        log_probability: What the model gave it, float32.
        favourite: What the model thought the likeliest in its place.
    """

    log_probability: Tensor
    favourite: Tensor


def compare(
    before: ModelSpec,
    after: ModelSpec,
    text: str,
    progress: Callable[[ModelSpec, int, int], None] = lambda spec, done, of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Quality:
    """
    Args:
        text: Its first `MOST_WINDOWS` windows are used.
        progress: Told of which model how many windows are done, of how many.

    Raises:
        BadRequest: The text is too short.
        DoesNotFit, ReadFailed, OutOfMemory, UnusableModel; Cancelled.
    """
    windows = windows_of(text, before)
    first, second = (
        score(spec, windows, lambda done, spec=spec: progress(spec, done, len(windows)), cancelled)  # type: ignore[misc]
        for spec in (before, after)
    )
    return Quality(
        tokens=len(first.favourite),
        perplexity_before=math.exp(-first.log_probability.mean().item()),
        perplexity_after=math.exp(-second.log_probability.mean().item()),
        agreement=(first.favourite == second.favourite).float().mean().item(),
    )


def windows_of(text: str, spec: ModelSpec) -> list[list[int]]:
    """The beginning of a text in token ids, cut into windows. Raises BadRequest if there is nothing to judge."""
    ids = Tokenizer(spec.folder).encode(text, special=True)
    width = min(WINDOW, spec.context_limit)
    windows = [ids[start : start + width] for start in range(0, min(len(ids), MOST_WINDOWS * width), width)]
    windows = [window for window in windows if len(window) >= _FEWEST]
    if not windows:
        raise BadRequest("The text is too short to judge a model by.", "Choose one of some pages.")
    return windows


def score(
    spec: ModelSpec,
    windows: Sequence[Sequence[int]],
    progress: Callable[[int], None] = lambda done: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Scores:
    """What a model thinks of the tokens of some windows. Raises as `compare`."""
    width = max(len(window) for window in windows)
    request = Request(model=spec, draft=None, context=width, budget=width, drafter="none")
    plan = make_plan(request, probe_machine(spec.folder))
    if not plan.fits:
        raise DoesNotFit(f"{spec.name} does not fit.", plan.warnings[0])
    with explained_out_of_memory():
        device, dtype = open_device(plan.device), DTYPES[plan.dtype]
        model = OffloadedModel(spec, Places.of_target(plan), dtype, device, cancelled=cancelled)
        try:
            found = [each for done, window in enumerate(windows) for each in _scored(model, window, progress, done)]
        finally:
            model.close()
    return Scores(torch.cat([each.log_probability for each in found]), torch.cat([each.favourite for each in found]))


def _scored(
    model: OffloadedModel, window: Sequence[int], progress: Callable[[int], None], done: int
) -> Iterator[Scores]:
    """One pass over a window, as a tree that is a chain."""
    rows = len(window)
    chain = torch.ones(rows, rows, dtype=torch.bool).tril()
    scores = model.run(model.new_cache(rows), [], window, range(rows), chain)
    following = torch.tensor(window[1:])
    for start in range(0, rows - 1, _ROWS):
        block = scores[start : min(start + _ROWS, rows - 1)].float().cpu()
        targets = following[start : start + len(block), None]
        yield Scores(block.log_softmax(-1).gather(-1, targets).squeeze(-1), block.argmax(-1))
    progress(done + 1)
