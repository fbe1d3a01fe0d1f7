"""Every error a person can meet: what happened, and what to do about it.

Each class is one situation. `what` and `remedy` are whole sentences that the window and the command line print as they
are; `exit_code` is what `penjing` returns (see the command line contract in docs/architecture.md).
"""

from __future__ import annotations


class PenjingError(Exception):
    """Something went wrong that a person can understand and mend.

    Attributes:
        what: One sentence that says what is wrong.
        remedy: One sentence that says what to do.
    """

    exit_code = 2

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"


class BadRequest(PenjingError):
    """An option or a setting has a value that cannot be used."""


class UnusableModel(PenjingError):
    """A model folder is incomplete, corrupt, of an unknown kind, or in a format that is refused."""


class UnusableDraft(PenjingError):
    """The draft model cannot draft for this target."""


class DoesNotFit(PenjingError):
    """The model needs more memory than the limits allow."""

    exit_code = 3


class PromptTooLong(PenjingError):
    """The conversation is longer than the context."""


class ReadFailed(PenjingError):
    """Weights could not be read: a short file, a removed drive, a failing disk."""


class OutOfMemory(PenjingError):
    """The system or the device refused memory that the engine asked for."""

    exit_code = 3


class EngineStopped(PenjingError):
    """The engine process ended while it was needed."""

    exit_code = 1


class ChatNotSaved(PenjingError):
    """A conversation could not be written to disk."""


class Cancelled(Exception):
    """The person ended a load or a reply. Not an error: whoever started the work catches it."""

    exit_code = 130


ERRORS = {
    kind.__name__: kind
    for kind in (
        BadRequest,
        UnusableModel,
        UnusableDraft,
        DoesNotFit,
        PromptTooLong,
        ReadFailed,
        OutOfMemory,
        EngineStopped,
        ChatNotSaved,
    )
}
"""The errors by name, so that one raised in the engine process is raised again as itself in another."""
