"""What travels between the engine process and the others: commands in, events out. Torch-free plain data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.chat.message import Message
from core.decoding.report import ReplySummary, Speculation, StepReport
from core.planning.plan import Plan
from core.sampling.settings import Sampling
from core.sizes import format_size


@dataclass(frozen=True, slots=True)
class Load:
    """Load the models of a plan as it says; whatever was loaded before is released first."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Generate:
    """Write one reply.

    Attributes:
        reply: The caller's name for it; every event about the reply carries it.
        messages: The conversation, rendered with the model's chat template; if the last message is the assistant's, the
            reply continues it. If empty, `prompt` is taken as it is.
        stop: Texts that end the reply; they are not part of it.
        max_new_tokens: None for as many as the context holds.
        budget: Nodes per tree; None for what pays best by measurement, up to the plan's.
    """

    reply: str
    messages: tuple[Message, ...] = ()
    prompt: str = ""
    sampling: Sampling = Sampling()
    max_new_tokens: int | None = None
    stop: tuple[str, ...] = ()
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """End the load or the reply in progress; what is written so far stays."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure what layers of reference shapes and of some models take here, and keep it for later plans.

    It ends early if another command comes.

    Attributes:
        again: Measure what was measured before, too.
    """

    models: tuple[Path, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Unload:
    """Release the models and their memory."""


@dataclass(frozen=True, slots=True)
class Started:
    """The engine process is up and has imported what it needs. `seconds` since it was started;
    `ram_bytes` is what it holds before anything is loaded."""

    pid: int
    seconds: float
    ram_bytes: int
    torch_version: str
    transformers_version: str


@dataclass(frozen=True, slots=True)
class Loading:
    """Progress of a load, in bytes; `total` is 0 before it has begun. `seconds_left` is None if it cannot be told."""

    done: int
    total: int
    what: str
    seconds_left: float | None = None

    @property
    def words(self) -> str:
        """How far it is: "Loading big, 1.0 GiB of 4.0 GiB, 7 s left"."""
        if not self.total:
            return "Loading …"
        words = f"Loading {self.what}, {format_size(self.done)} of {format_size(self.total)}"
        left = self.seconds_left
        if left is None or left < 1:
            return words
        return f"{words}, {left:.0f} s left" if left < 100 else f"{words}, {left / 60:.0f} min left"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Ready to chat. `notes` are sentences about anything lesser in use than the best ("plain buffered reads: …")."""

    plan: Plan
    speculation: Speculation
    seconds: float
    ram_bytes: int
    vram_bytes: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unloaded:
    """Nothing is loaded any more."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures asked for are kept; `complete` is false if another command came before the last of them."""

    complete: bool


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step of a reply."""

    reply: str
    report: StepReport


@dataclass(frozen=True, slots=True)
class Finished:
    """A reply is complete."""

    reply: str
    summary: ReplySummary


@dataclass(frozen=True, slots=True)
class Failed:
    """A command failed with an error of `core.errors` named `kind`; "Bug" if it is not one a person can mend.

    `reply` is empty if it was no reply that failed. The process stays usable.
    """

    kind: str
    what: str
    remedy: str
    reply: str = ""


Command = Load | Generate | Cancel | Unload | Measure
Event = Started | Loading | Loaded | Unloaded | Measured | Stepped | Finished | Failed
