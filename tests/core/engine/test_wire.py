"""Every message survives the pipe."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.message import Message
from core.decoding.report import (
    FinishReason,
    NodeState,
    ReplySummary,
    SourceReport,
    Speculation,
    StepReport,
    StepSeconds,
    TreeReport,
)
from core.engine.messages import (
    Cancel,
    Command,
    Event,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    Loading,
    Started,
    Stepped,
    Unload,
    Unloaded,
)
from core.engine.wire import decode, encode, to_jsonable
from core.planning.plan import PassSeconds, Plan, Purpose, Speed, Tier, TierUse
from core.sampling.settings import Sampling

PLAN = Plan(
    model=Path("a folder/with ünicode"),
    draft=None,
    device="cpu",
    dtype="bfloat16",
    kv_dtype="bfloat16",
    context=1024,
    budget=64,
    layers=(Tier.VRAM, Tier.SSD),
    experts=(Tier.VRAM, Tier.RAM),
    embedding=Tier.SSD,
    head=Tier.RAM,
    kv=Tier.RAM,
    draft_tier=None,
    staging_slots=2,
    expert_slots=4,
    reading_threads=2,
    use=(TierUse(Tier.RAM, 100, 50, {Purpose.WEIGHTS: 10, Purpose.OTHERS: 40}),),
    shortfall=0,
    minimum_limit=5,
    resident_limit=50,
    speed=Speed(PassSeconds(1.5, 0.25, 0.1, 0.0), 4.0, "assumed", 1.0, 2.0, "drive"),
    warnings=("a sentence.",),
)
SPECULATION = Speculation(True, "because", "model")
TREE = TreeReport((1, 2), ("a", "\n"), (-1, 0), (1.0, 0.5), (0.0, -0.69), (0, 0), ("", "model"),
                  (NodeState.ROOT, NodeState.ACCEPTED), 1, 7, "x")  # fmt: skip
REPORT = StepReport(
    0, TREE, (2, 7), "text", 2, 1, StepSeconds(0.1, 0.2, 0.3, 0.4), 12, 3, 1000, 0, {"model": SourceReport(1, 1, 0.1)}
)
SUMMARY = ReplySummary(
    "text", (2, 7), FinishReason.END, 5, 1, 2.0, 10.0, 0.1, 0.3, 1000, 0, SPECULATION, 2**63 - 1
)  # fmt: skip

MESSAGES: list[Command | Event] = [
    Load(PLAN),
    Generate("r", (Message("user", "hi"),), "", Sampling(0.7, seed=2**62), 10, ("stop",), 8),
    Cancel(),
    Unload(),
    Started(1, 2.0, 3, "2.13", "5.23"),
    Loading(1, 2, "m"),
    Loading(1, 2, "m", 3.5),
    Loaded(PLAN, SPECULATION, 1.0, 2, 3, ("note",)),
    Unloaded(),
    Stepped("r", REPORT),
    Finished("r", SUMMARY),
    Failed("DoesNotFit", "what", "remedy", "r"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_equal_and_takes_one_line(message: Command | Event) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode(line) == message


@given(st.text(), st.lists(st.text(), max_size=4))
def test_any_text_survives(prompt: str, stops: list[str]) -> None:
    message = Generate("r", prompt=prompt, stop=tuple(stops))
    assert decode(encode(message)) == message


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown message"):
        decode(b'"Pickle"\t{}\n')
    with pytest.raises(ValueError, match="seed"):
        decode(encode(Generate("r")).replace(b'"seed":0', b'"seed":"x"'))


def test_a_plan_becomes_plain_json_with_the_words_of_the_contract() -> None:
    plain = to_jsonable(PLAN)
    assert plain["layers"] == ["vram", "ssd"]
    assert plain["use"][0]["bytes"] == {"weights": 10, "others": 40}
    assert plain["speed"]["seconds"]["stream"] == 1.5
