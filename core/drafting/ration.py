"""How often a source may take part: less and less while it takes longer than what it brings is worth."""

from __future__ import annotations

_MEMORY = 0.85
"""Share of what was seen that is kept per step."""

_FALLS, _RISES = 0.8, 1.5
"""What the share is multiplied by after a step that was not worth its time, and after one that was."""

_LEAST = 1 / 64
"""The least share: what a source brings is looked at now and then, for texts change."""


class Ration:
    """The share of steps in which a source takes part.

    Attributes:
        share: Between 1/64 and 1.
    """

    def __init__(self) -> None:
        self.share = 1.0
        self._owed = 0.0
        self._tokens = self._worth = 0.0

    def due(self) -> bool:
        """Whether it takes part in the next step: evenly spread, as often as its share says."""
        self._owed = min(self._owed + self.share, 1.0 + self.share)
        if self._owed < 1.0:
            return False
        self._owed -= 1.0
        return True

    def saw(self, tokens: float, seconds: float, rate: float) -> None:
        """Take a step into account in which it took part.

        Args:
            tokens: That it brought.
            seconds: That it took.
            rate: Tokens that a second is worth at present.
        """
        self._tokens = _MEMORY * self._tokens + tokens
        self._worth = _MEMORY * self._worth + rate * seconds
        earned = self._tokens >= self._worth
        self.share = min(1.0, self.share * _RISES) if earned else max(_LEAST, self.share * _FALLS)
