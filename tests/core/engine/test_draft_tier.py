"""A draft that streams from the drive writes the reply that a resident one writes."""

from __future__ import annotations

from dataclasses import replace

from core.chat.message import Message
from core.decoding.report import ReplySummary
from core.engine.engine import Engine
from core.engine.messages import Generate
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Request, Tier
from core.planning.planner import make_plan

QUESTION = (Message("user", "What does os.path.join do?"),)


def reply(draft_tier: str, streams: bool) -> tuple[ReplySummary, int]:
    """A reply, and the bytes that streamed for its draft."""
    request = Request(
        open_checkpoint(DEMO_TARGET),
        open_checkpoint(DEMO_DRAFT),
        device="cpu",
        context=512,
        dtype="float32",
        budget=16,
        draft_tier=draft_tier,
    )
    machine = probe_machine()
    least = make_plan(request, machine).minimum_limit
    plan = make_plan(replace(request, ram_limit=least if streams else None), machine)
    assert plan.draft_tier is Tier(draft_tier)
    assert bool(plan.streamed_layers) == streams
    engine = Engine(plan)
    try:
        list(engine.generate(Generate("r", QUESTION, max_new_tokens=16, budget=16)))
        assert engine.summary is not None
        return engine.summary, engine._models[1].weights.bytes_streamed
    finally:
        engine.close()


def test_the_reply_is_the_same_wherever_the_draft_lives() -> None:
    resident, nothing = reply("ram", streams=False)
    streamed, travelled = reply("ssd", streams=False)
    both, _ = reply("ssd", streams=True)
    assert resident.token_ids == streamed.token_ids == both.token_ids
    assert nothing == 0
    assert travelled > open_checkpoint(DEMO_DRAFT).layers[0].bytes * streamed.steps
