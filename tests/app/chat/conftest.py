"""The parts that tests of the chat share: a keeper on a file, a session, and what it asked the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chat.keeper import Keeper
from app.chat.session import Session
from app.settings.settings import Settings
from core.decoding.report import (
    FinishReason,
    NodeState,
    ReplySummary,
    Speculation,
    StepReport,
    StepSeconds,
    TreeReport,
)
from core.engine.messages import Generate


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chats.sqlite3"


@pytest.fixture
def keeper(qapp: object, file: Path) -> Iterator[Keeper]:
    keeper = Keeper(file)
    yield keeper
    keeper.close()


@pytest.fixture
def settings() -> Settings:
    return Settings(random_seed=False, seed=7)


@pytest.fixture
def session(keeper: Keeper, settings: Settings) -> Session:
    session = Session(keeper, lambda: settings)
    session.set_ready(True)
    return session


@pytest.fixture
def asked(session: Session) -> list[Generate]:
    requests: list[Generate] = []
    session.asked.connect(requests.append)
    return requests


def summary(text: str, reason: FinishReason = FinishReason.END) -> ReplySummary:
    speculation = Speculation(True, "", "model")
    return ReplySummary(text, (1, 2, 3), reason, 5, 1, 3.0, 8.4, 0.5, 1.0, 1, 0, speculation, 7)


def step(pieces: list[str], sources: list[str], text: str | None = None) -> StepReport:
    """A step that accepted a path of all pieces but the last, which the target added."""
    path = len(pieces) - 1
    tree = TreeReport(
        tokens=tuple(range(path + 1)),
        texts=("", *pieces[:-1]),
        parents=tuple(range(-1, path)),
        probabilities=(1.0,) * (path + 1),
        scores=(0.0,) * (path + 1),
        ranks=(0,) * (path + 1),
        sources=("", *sources),
        states=(NodeState.ROOT, *(NodeState.ACCEPTED,) * path),
        exit_node=path,
        exit_token=9,
        exit_text=pieces[-1],
    )
    whole = "".join(pieces) if text is None else text
    seconds = StepSeconds(0.0, 0.0, 0.0, 0.0)
    return StepReport(0, tree, tuple(range(path + 1)), whole, path + 1, path, seconds, 0, 0, 1, 0)
