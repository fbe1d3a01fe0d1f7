"""The parts that tests of the window share: reports and plans, and an engine process that follows a script."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.engine_link import EngineLink
from core.engine.client import EngineClient

SCRIPTED_ENGINE = Path(__file__).with_name("scripted_engine.py")


@pytest.fixture
def make_client(tmp_path: Path) -> Callable[[], EngineClient]:
    """Makes clients of processes that speak the wire protocol and do as the prompt says (see scripted_engine.py)."""
    interpreter = tmp_path / "interpreter"
    interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{SCRIPTED_ENGINE}"\n', encoding="utf-8")
    interpreter.chmod(0o755)
    return lambda: EngineClient(str(interpreter))


@pytest.fixture
def link(qapp: object, make_client: Callable[[], EngineClient]) -> Iterator[EngineLink]:
    link = EngineLink(make_client)
    yield link
    link.close()
