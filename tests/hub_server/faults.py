"""What can go wrong with a hub, each by a switch that may be turned at any moment."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Faults:
    """Nothing is wrong by default.

    Attributes:
        cut_after: Cut the connection of a file's content after so many bytes; each connection again.
        cuts: How many connections are cut; None for all.
        wrong_bytes: Names of files whose content comes with a byte changed.
        wrong_times: How often that happens; None for always.
        bytes_per_second: Each connection is no faster than this; None for no limit.
        stall: Accept requests for content and send nothing.
        ignore_range: Send the whole file whatever part was asked for.
        xet: Say that large files are kept in Xet storage, which does not answer.
        status: Answer every request with this status; None for the right answer.
        stored_status: The same, only where large files are stored.
        status_times: How many requests meet `status` or `stored_status`; None for all.
        error_code, error_message: What goes with the status, as the hub's own headers have it.
    """

    cut_after: int | None = None
    cuts: int | None = None
    wrong_bytes: set[str] = field(default_factory=set)
    wrong_times: int | None = None
    bytes_per_second: float | None = None
    stall: bool = False
    xet: bool = False
    ignore_range: bool = False
    status: int | None = None
    stored_status: int | None = None
    status_times: int | None = None
    error_code: str | None = None
    error_message: str | None = None

    def take_cut(self) -> int | None:
        """After how many bytes the connection that begins now is cut."""
        if self.cut_after is None or self.cuts == 0:
            return None
        self.cuts = None if self.cuts is None else self.cuts - 1
        return self.cut_after

    def take_wrong(self, name: str) -> bool:
        if name not in self.wrong_bytes or self.wrong_times == 0:
            return False
        self.wrong_times = None if self.wrong_times is None else self.wrong_times - 1
        return True

    def take_status(self, stored: bool) -> int | None:
        """The status that the request that begins now is answered with instead."""
        status = self.status or (self.stored_status if stored else None)
        if status is None or self.status_times == 0:
            return None
        self.status_times = None if self.status_times is None else self.status_times - 1
        return status
