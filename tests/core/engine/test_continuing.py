"""A reply that was cut short is continued as if it had not been."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.chat.message import Message
from core.engine.engine import Engine
from core.engine.messages import Generate
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Request
from core.planning.planner import make_plan

QUESTION = Message("user", "What does os.path.join do?")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    target, draft = open_checkpoint(DEMO_TARGET), open_checkpoint(DEMO_DRAFT)
    request = Request(target, draft, device="cpu", context=512, dtype="float32", budget=32)
    engine = Engine(make_plan(request, probe_machine()))
    yield engine
    engine.close()


def reply(engine: Engine, messages: tuple[Message, ...], limit: int | None = None) -> str:
    steps = list(engine.generate(Generate("r", messages, max_new_tokens=limit)))
    assert engine.summary is not None
    assert "".join(step.text for step in steps) == engine.summary.text
    return engine.summary.text


@pytest.mark.parametrize("limit", [3, 6, 10])
def test_a_reply_that_is_continued_equals_one_that_was_not_cut(engine: Engine, limit: int) -> None:
    whole = reply(engine, (QUESTION,))
    begun = reply(engine, (QUESTION,), limit)
    assert whole.startswith(begun)
    assert begun + reply(engine, (QUESTION, Message("assistant", begun))) == whole
