"""Questions whose replies repeat what was asked, and a target that writes these replies.

The demo target is too small to repeat a text. So its scores are taken as they are, except where a text that is the
question and the beginning of its reply is to be continued: there the reply's next token scores far above all others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.engine.engine import Engine
from core.locations import DEMO_TARGET
from core.trees.cache import TreeCache

_AHEAD = 20.0
"""How far the reply's next token is above the best other one."""


def repeating_questions() -> dict[str, str]:
    """The reply to each question."""
    lines = Path(__file__).with_name("repeating_prompts.jsonl").read_text("utf-8").splitlines()
    return {entry["question"]: entry["reply"] for entry in map(json.loads, lines)}


@contextmanager
def forced(loaded: Engine, replies: dict[str, str]) -> Iterator[None]:
    """Within this context an engine of the demo target answers questions with these replies."""
    tokenizer = Tokenizer(DEMO_TARGET)
    stop = min(tokenizer.stop_ids)
    texts = [
        [*tokenizer.encode_chat((Message("user", question),)), *tokenizer.encode(reply), stop]
        for question, reply in replies.items()
    ]
    target = loaded._target
    run = target.run

    def forcing(
        cache: TreeCache, text: Sequence[int], nodes: Sequence[int], depths: Sequence[int], visible: Tensor, **how: Any
    ) -> Tensor:
        logits = run(cache, text, nodes, depths, visible, **how).clone()
        before = [*cache.tokens, *text]
        candidates = [whole for whole in texts if whole[: len(before)] == before]
        for node, row in enumerate(visible):
            seen = [*before, *(nodes[above] for above in torch.nonzero(row).flatten().tolist())]
            for whole in candidates:
                if len(seen) < len(whole) and whole[: len(seen)] == seen:
                    logits[node, whole[len(seen)]] = logits[node].max() + _AHEAD
        return logits

    with patch.object(target, "run", forcing):
        yield
