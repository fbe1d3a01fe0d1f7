"""Which place of the Markdown each place of the document came from."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Characters that follow each other in both: from `document` on in the one, from `source` on in the other."""

    document: int
    source: int
    length: int


class Tracer:
    """Finds what is written into the document in the source of its block, from one piece to the next.

    What a parser leaves out of the text (markup, indentation) is passed over. What it makes up is in no span.

    Args:
        base: Where in the whole source the block begins.
    """

    def __init__(self, source: str, base: int) -> None:
        self.spans: list[Span] = []
        self._source = source
        self._base = base
        self._place = 0

    def write(self, document: int, text: str, spelled: str = "") -> None:
        """Text was written at a place of the document; `spelled` is what stands for it in the source, if not itself."""
        wanted = spelled or text
        place = self._source.find(wanted, self._place) if wanted else -1
        if place >= 0:
            self.spans.append(Span(document, self._base + place, len(text)))
            self._place = place + len(wanted)

    def go_back(self, document: int, source: str) -> None:
        """Forget what was written from a place of the document on; the source may have grown."""
        while self.spans and self.spans[-1].document >= document:
            self.spans.pop()
        last = self.spans[-1] if self.spans else None
        self._source = source
        self._place = last.source + last.length - self._base if last is not None else 0

    def skip(self, text: str) -> None:
        """Text of the source that is not written, such as the address of a link."""
        place = self._source.find(text, self._place) if text else -1
        if place >= 0:
            self._place = place + len(text)


class SourceMap:
    """The spans of a document, in order in both. A long reply has thousands: each is three numbers until asked for."""

    def __init__(self) -> None:
        self._documents = array("I")
        self._sources = array("I")
        self._lengths = array("I")

    def __len__(self) -> int:
        return len(self._documents)

    def add(self, spans: list[Span]) -> None:
        """Add what was written behind all that there is."""
        self._documents.extend(span.document for span in spans)
        self._sources.extend(span.source for span in spans)
        self._lengths.extend(span.length for span in spans)

    def cut(self, count: int) -> None:
        """Forget all but the first `count` spans."""
        for numbers in (self._documents, self._sources, self._lengths):
            del numbers[count:]

    def source(self, document: int) -> int | None:
        """The place in the source of a character of the document; None for what was made up."""
        index = bisect_right(self._documents, document) - 1
        if index < 0 or document >= self._documents[index] + self._lengths[index]:
            return None
        return self._sources[index] + document - self._documents[index]

    def spans_within(self, first: int, last: int) -> Iterator[Span]:
        """The parts of the spans that lie between two places of the document."""
        for span in self._from(bisect_right(self._documents, first) - 1):
            if span.document >= last:
                return
            start, end = max(span.document, first), min(span.document + span.length, last)
            if start < end:
                yield Span(start, span.source + start - span.document, end - start)

    def document_spans(self, start: int, end: int) -> Iterator[Span]:
        """The spans that came from between two places of the source."""
        for span in self._from(bisect_right(self._sources, start) - 1):
            if span.source >= end:
                return
            first, last = max(span.source, start), min(span.source + span.length, end)
            if first < last:
                yield Span(span.document + first - span.source, first, last - first)

    def _from(self, index: int) -> Iterator[Span]:
        for place in range(max(0, index), len(self)):
            yield Span(self._documents[place], self._sources[place], self._lengths[place])
