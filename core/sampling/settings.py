"""How the next token is chosen from the target's scores. Torch-free, so that the window can hold it."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling settings. A reply is a function of prompt, these settings and nothing else.

    Attributes:
        temperature: 0 takes the best token always.
        top_p: Smallest set of tokens that holds this probability; 1 keeps all.
        top_k: So many best tokens; 0 keeps all.
        min_p: Tokens at least this fraction as likely as the best; 0 keeps all.
        repetition_penalty: Divides (or multiplies, if negative) the scores of tokens already in the text; 1 is off.
        seed: Seed of the noise.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, ok, range_text in (
            ("temperature", 0.0 <= self.temperature <= 10.0, "from 0 to 10"),
            ("top_p", 0.0 < self.top_p <= 1.0, "above 0 and at most 1"),
            ("top_k", self.top_k >= 0, "0 or more"),
            ("min_p", 0.0 <= self.min_p < 1.0, "from 0 to below 1"),
            ("repetition_penalty", 0.0 < self.repetition_penalty <= 10.0, "above 0 and at most 10"),
            ("seed", 0 <= self.seed < 2**63, "from 0 to 2^63 - 1"),
        ):
            if not ok:
                raise BadRequest(f"{name} is {getattr(self, name)}.", f"Choose a value {range_text}.")
