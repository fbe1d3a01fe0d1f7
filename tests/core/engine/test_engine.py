"""The facade on the demo pair: replies, their ends, and what is reported about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.decoding.report import FinishReason, NodeState
from core.engine.engine import Engine
from core.engine.messages import Generate, Loading
from core.errors import BadRequest, Cancelled, DoesNotFit, PromptTooLong, UnusableDraft
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan
from core.sampling.settings import Sampling

QUESTION = (Message("user", "What does os.path.join do?"),)


@pytest.fixture(scope="module")
def plan() -> Plan:
    request = Request(
        open_checkpoint(DEMO_TARGET), open_checkpoint(DEMO_DRAFT), device="cpu", context=512, dtype="float32", budget=32
    )
    return make_plan(request, probe_machine())


@pytest.fixture(scope="module")
def engine(plan: Plan) -> Iterator[Engine]:
    engine = Engine(plan)
    yield engine
    engine.close()


def test_a_reply_is_reported_step_by_step_and_whole(engine: Engine) -> None:
    reports = list(engine.generate(Generate("r", QUESTION)))
    summary = engine.summary
    assert summary is not None
    assert "".join(report.text for report in reports) == summary.text
    assert "join" in summary.text.lower()
    assert tuple(token for report in reports for token in report.committed) == summary.token_ids
    assert summary.finish_reason is FinishReason.END
    assert summary.steps == len(reports)
    assert summary.tokens_per_step == len(summary.token_ids) / len(reports)
    assert summary.tokens_per_second > 0
    assert summary.peak_ram_bytes >= max(report.ram_bytes for report in reports) * 0.9
    assert [report.step for report in reports] == list(range(len(reports)))


def test_the_tree_of_a_step_shows_the_path_that_was_committed(engine: Engine) -> None:
    for report in engine.generate(Generate("r", QUESTION, max_new_tokens=40)):
        tree = report.tree
        assert report.nodes == len(tree.tokens) <= 32
        node, path = tree.exit_node, []
        while node > 0:
            assert tree.states[node] is NodeState.ACCEPTED
            path.append(tree.tokens[node])
            node = tree.parents[node]
        assert (*reversed(path), tree.exit_token)[: len(report.committed)] == report.committed
        assert sum(state is NodeState.ACCEPTED for state in tree.states) == len(path)
        # The target went its own way, unless the reply ended before: no child of the exit node has its token.
        assert len(path) == len(report.committed) or all(
            token != tree.exit_token
            for token, parent in zip(tree.tokens, tree.parents, strict=True)
            if parent == tree.exit_node
        )


@pytest.mark.parametrize("length", [1, 2, 7, 20])
def test_a_reply_has_no_more_tokens_than_asked_for(engine: Engine, length: int) -> None:
    list(engine.generate(Generate("r", QUESTION, max_new_tokens=length)))
    assert engine.summary is not None
    assert len(engine.summary.token_ids) == length
    assert engine.summary.finish_reason is FinishReason.LENGTH


def test_a_stop_string_ends_the_reply_and_is_not_part_of_it(engine: Engine) -> None:
    list(engine.generate(Generate("r", QUESTION)))
    assert engine.summary is not None
    whole = engine.summary.text
    stop = whole[20:24]
    list(engine.generate(Generate("r", QUESTION, stop=(stop, "never there"))))
    assert engine.summary.text == whole[: whole.index(stop)]
    assert engine.summary.finish_reason is FinishReason.STOP


def test_the_context_ends_a_reply_and_refuses_a_prompt_that_fills_it(engine: Engine) -> None:
    tokens = Tokenizer(DEMO_TARGET)
    text = "join " * 600
    while len(tokens.encode(text, special=True)) >= 512:
        text = text[:-5]
    room = 512 - len(tokens.encode(text, special=True))
    list(engine.generate(Generate("r", prompt=text)))
    assert engine.summary is not None
    if engine.summary.finish_reason is not FinishReason.END:
        assert engine.summary.finish_reason is FinishReason.CONTEXT
        assert len(engine.summary.token_ids) == room
    with pytest.raises(PromptTooLong, match="context holds 512"):
        list(engine.generate(Generate("r", prompt=text * 2)))


def test_a_cancelled_reply_keeps_its_text(engine: Engine) -> None:
    looks = iter(range(10**9))
    reports = list(engine.generate(Generate("r", QUESTION), cancelled=lambda: next(looks) > 90))
    assert engine.summary is not None
    assert engine.summary.finish_reason is FinishReason.CANCELLED
    assert engine.summary.text == "".join(report.text for report in reports)
    assert len(reports) > 0


def test_the_same_seed_gives_the_same_reply_with_any_budget(engine: Engine) -> None:
    texts = set()
    for budget in (1, 3, 32):
        sampling = Sampling(temperature=1.0, seed=11)
        list(engine.generate(Generate("r", QUESTION, sampling=sampling, budget=budget, max_new_tokens=40)))
        assert engine.summary is not None
        texts.add(engine.summary.token_ids)
    assert len(texts) == 1


def test_what_cannot_be_done_is_refused_in_words(engine: Engine, plan: Plan) -> None:
    with pytest.raises(BadRequest, match="budget of 33"):
        list(engine.generate(Generate("r", QUESTION, budget=33)))
    with pytest.raises(DoesNotFit):
        Engine(replace(plan, shortfall=1, warnings=("It needs more.",)))
    with pytest.raises(BadRequest, match="CUDA"):
        Engine(replace(plan, device="cuda:0"))


def test_a_draft_with_another_vocabulary_is_refused(plan: Plan, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in DEMO_DRAFT.iterdir():
        content = file.read_bytes()
        if file.name == "tokenizer.json":
            content = content.replace(b'"the"', b'"teh"', 1)
        (other / file.name).write_bytes(content)
    with pytest.raises(UnusableDraft):
        Engine(replace(plan, draft=other))


def test_loading_reports_every_byte_and_can_be_cancelled(plan: Plan) -> None:
    seen: list[Loading] = []
    engine = Engine(plan, seen.append)
    engine.close()
    assert seen[-1].done == seen[-1].total == engine._target.spec.bytes + open_checkpoint(DEMO_DRAFT).bytes
    assert [event.done for event in seen] == sorted(event.done for event in seen)
    with pytest.raises(Cancelled):
        Engine(plan, cancelled=lambda: True)


def test_without_a_draft_speculation_is_off_and_says_why(plan: Plan) -> None:
    engine = Engine(replace(plan, draft=None))
    list(engine.generate(Generate("r", QUESTION, max_new_tokens=5)))
    assert engine.summary is not None
    assert engine.summary.tokens_per_step == 1
    assert not engine.summary.speculation.on
    assert engine.summary.speculation.why == "no draft model is loaded"
    engine.close()
