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


class FolderNotWritable(PenjingError, OSError):
    """The folder of chats and settings cannot be made or written.

    Also an OSError, as a full disk is one: whoever can do without the folder need not tell them apart.
    """


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


class UnusableTrace(PenjingError):
    """A file is no trace of a reply, is damaged, or cannot be read."""


class TraceNotSaved(PenjingError):
    """A trace could not be written."""


class PictureNotSaved(PenjingError):
    """A picture could not be written."""


class Offline(PenjingError):
    """The model hub cannot be reached."""


class StayOffline(Offline):
    """The model hub may not be reached: Penjing was told to stay offline."""


class HubFailed(PenjingError):
    """The model hub answered, but with something that is of no use: it is overloaded or broken."""


class NotOnHub(PenjingError):
    """The model hub has no such model, revision or file."""


class NoToken(PenjingError):
    """The model hub wants to know who asks, and there is no token to tell it."""


class LicenceNotAccepted(PenjingError):
    """The model's owner wants its licence accepted before it may be downloaded."""


class AccessDenied(PenjingError):
    """The model hub knows who asks, and refuses."""


class DiskFull(PenjingError):
    """A drive has no room for what was to be written to it."""


class DownloadDamaged(PenjingError):
    """What arrived is not what the model hub said it would send."""


class NotRemoved(PenjingError):
    """A model could not be removed, or is not Penjing's to remove."""


class UpdateCheckFailed(PenjingError):
    """Whether there is a newer Penjing could not be found out."""


class GpuPackFailed(PenjingError):
    """The pack for NVIDIA cards cannot be fetched, made or used here."""


class UnsupportedComputer(PenjingError):
    """This computer or its system lacks what Penjing cannot do without."""


class Cancelled(Exception):
    """The person ended a load or a reply. Not an error: whoever started the work catches it."""

    exit_code = 130


ERRORS = {
    kind.__name__: kind
    for kind in (
        BadRequest,
        FolderNotWritable,
        UnusableModel,
        UnusableDraft,
        DoesNotFit,
        PromptTooLong,
        ReadFailed,
        OutOfMemory,
        EngineStopped,
        ChatNotSaved,
        UpdateCheckFailed,
        GpuPackFailed,
        UnsupportedComputer,
        UnusableTrace,
        TraceNotSaved,
        PictureNotSaved,
    )
}
"""The errors by name, so that one raised in the engine process is raised again as itself in another."""
