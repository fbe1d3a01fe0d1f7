"""Engines whose weights all stream: through buffers in RAM, or on to a device, for which the CPU's memory stands behind
a fake copy engine.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from core.engine import engine as engine_module
from core.engine.engine import Engine
from core.locations import DEMO_TARGET
from core.machine.direct_file import open_direct
from core.offload.offloaded_model import OffloadedModel
from core.planning.plan import Plan
from tests.core.engine.faults.faulty import (
    FAMILIES,
    LENGTH,
    SETTINGS,
    SHARDS,
    Drive,
    planned,
    reply,
    streamed,
)
from tests.core.offload.copy_engines import FakeCopyEngine
from tests.core.random_models import save_random


@pytest.fixture(scope="module", params=FAMILIES)
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model in several files, with the demo's tokenizer."""
    folder = save_random(tmp_path_factory.mktemp("original"), request.param, SETTINGS | FAMILIES[request.param])
    tensors = load_file(folder / "model.safetensors")
    places: dict[str, str] = {}
    for shard in range(SHARDS):
        file = f"model-{shard + 1:05}-of-{SHARDS:05}.safetensors"
        names = [name for index, name in enumerate(tensors) if index % SHARDS == shard]
        save_file({name: tensors[name] for name in names}, folder / file, {"format": "pt"})
        places |= dict.fromkeys(names, file)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(DEMO_TARGET / file, folder / file)
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """One to be spoilt."""
    return Path(shutil.copytree(original, tmp_path / "model"))


@pytest.fixture
def plan(folder: Path, original: Path) -> Plan:
    """Everything streams; the model drafts for itself, so that trees grow deep."""
    return streamed(planned(folder, original))


@pytest.fixture(params=["in RAM", "on a device"])
def placement(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where streamed weights are computed with."""
    if request.param == "in RAM":
        yield
        return
    copies = FakeCopyEngine()
    monkeypatch.setattr(engine_module, "OffloadedModel", partial(OffloadedModel, copy_engine=copies))
    yield
    copies.close()


@pytest.fixture
def engine(placement: None, plan: Plan) -> Iterator[Engine]:
    engine = Engine(plan)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def expected(original: Path) -> tuple[int, ...]:
    engine = Engine(planned(original, original))
    tokens = reply(engine)
    engine.close()
    assert len(set(tokens)) == LENGTH
    return tokens


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Drive:
    made = Drive()
    with open_direct(Path(__file__)) as opened:
        kind = type(opened)
    read = kind._read

    def watched(file: Any, offset: int, target: memoryview) -> int:
        return made.read(file, lambda: read(file, offset, target), opening=not hasattr(file, "plugged"))

    monkeypatch.setattr(kind, "_read", watched)
    return made
