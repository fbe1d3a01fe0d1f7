"""Slots are handed out in the order of requests, whatever the consumer does between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Cancelled, ReadFailed
from core.offload.slot_ring import SlotRing

Box = dict[str, int]


def never() -> bool:
    return False


def put(request: int, box: Box, outdated: Callable[[], bool]) -> None:
    box["content"] = request


@contextmanager
def ring(slots: int, fill: Callable[[int, Box, Callable[[], bool]], None] = put) -> Iterator[SlotRing[int, Box]]:
    made = SlotRing[int, Box]([{} for _ in range(slots)], fill, "test ring")
    try:
        yield made
    finally:
        made.close()


@settings(deadline=None, max_examples=60)
@given(
    slots=st.integers(1, 4),
    actions=st.lists(st.sampled_from(["request", "take", "release", "rewind"]), max_size=60),
)
def test_what_is_taken_is_what_was_requested_first(slots: int, actions: list[str]) -> None:
    asked: list[int] = []
    lent: list[tuple[int, Box]] = []
    number = 0
    with ring(slots) as made:
        for action in actions:
            if action == "request":
                number += 1
                made.request(number)
                asked.append(number)
            elif action == "take" and asked and len(lent) < slots:
                lent.append((asked.pop(0), made.take(never)))
            elif action == "release" and lent:
                lent.pop(0)
                made.release()
            elif action == "rewind":
                made.rewind()
                asked.clear()
                lent.clear()
            # No slot is refilled while it is lent.
            assert all(box["content"] == request for request, box in lent)


def test_an_error_stays_until_the_ring_is_rewound() -> None:
    def fail_on_two(request: int, box: Box, outdated: Callable[[], bool]) -> None:
        if request == 2:
            raise ReadFailed("the drive is gone", "bring it back")
        put(request, box, outdated)

    with ring(2, fail_on_two) as made:
        for request in (1, 2, 3):
            made.request(request)
        assert made.take(never)["content"] == 1
        made.release()
        for _ in range(2):
            with pytest.raises(ReadFailed, match="the drive is gone"):
                made.take(never)
            assert made.failed
        made.rewind()
        assert not made.failed
        made.request(4)
        assert made.take(never)["content"] == 4


def test_a_cancel_ends_the_wait() -> None:
    with ring(1) as made, pytest.raises(Cancelled):
        made.take(lambda: True)


def test_a_rewind_tells_the_filler_and_waits_until_it_has_left_the_slot() -> None:
    begun, inside = threading.Event(), threading.Event()

    def fill_until_outdated(request: int, box: Box, outdated: Callable[[], bool]) -> None:
        if request == 1:
            inside.set()
            begun.set()
            while not outdated():
                pass
            inside.clear()
        put(request, box, outdated)

    with ring(1, fill_until_outdated) as made:
        made.request(1)
        assert begun.wait(10)
        made.rewind()
        assert not inside.is_set()
        made.request(2)
        assert made.take(never)["content"] == 2


def test_releasing_what_was_not_taken_is_a_mistake() -> None:
    with ring(1) as made, pytest.raises(AssertionError):
        made.release()
