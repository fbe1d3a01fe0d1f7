"""What a small random model writes, greedily and without drafts, for tests that compare two ways of holding it."""

from __future__ import annotations

from core.decoding.decoder import Decoder
from core.drafting.drafter import NoDrafter
from core.offload.offloaded_model import OffloadedModel
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from tests.core.random_models import VOCABULARY

PROMPT = [3, 14, 15, 9, 26, 5]
LENGTH = 64


def reply_of(model: OffloadedModel) -> list[int]:
    """What it writes, greedily; the model is closed."""
    try:
        decoder = Decoder(model, NoDrafter(), len(PROMPT) + LENGTH, 1)
        steps = decoder.steps(PROMPT, Sampler(Sampling(), VOCABULARY), 1, LENGTH)
        return [token for step in steps for token in step.outcome.choices]
    finally:
        model.close()
