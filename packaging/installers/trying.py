"""What all that tries the installers out has in common: how it says what it found, and that something is not right."""

from __future__ import annotations


class Failed(Exception):
    """The installers are not fit to be given to people; the text says why."""


def require(true: object, complaint: str) -> None:
    """Raises Failed with the complaint unless something is true."""
    if not true:
        raise Failed(complaint)


def say(sentence: str) -> None:
    print(sentence, flush=True)
