"""What the processes of the benchmark are asked to do and what they answer: plain data that crosses as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Settings = dict[str, float]
"""What a contestant can be tuned by, by name."""


@dataclass(frozen=True)
class Prompt:
    """A question, and the tokens it becomes with the chat template, the same for all."""

    question: str
    tokens: list[int]


@dataclass(frozen=True)
class Job:
    """Which contestant runs on what.

    Attributes:
        files: Folders and files by name: "model", "draft", "gguf", "draft_gguf", "scratch".
        prompts: The first is written from without being measured, to warm up.
        limit: Bytes of memory that the process is given.
    """

    contestant: str
    settings: Settings
    files: dict[str, str]
    prompts: list[Prompt]
    new_tokens: int
    context: int
    stop_ids: list[int]
    limit: int

    def path(self, name: str) -> Path:
        return Path(self.files[name])


@dataclass(frozen=True)
class Reply:
    """One reply. "First" is what the pass that reads the prompt gives; all else is decoding.

    Attributes:
        passes: Seconds of each pass of the target after the first.
        read_bytes: From the drive while decoding; None where the system does not count.
    """

    tokens: list[int]
    first_tokens: int
    first_seconds: float
    seconds: float
    passes: list[float]
    read_bytes: int | None


@dataclass(frozen=True)
class Result:
    """What a contestant did. `how` says with which settings, in words; `peak_resident` is in bytes."""

    how: str
    load_seconds: float
    peak_resident: int
    replies: list[Reply]


@dataclass(frozen=True)
class PassJob:
    """Time `passes` passes with trees of each of `nodes` under a memory limit of `ram` bytes."""

    model: str
    draft: str
    question: str
    context: int
    ram: int
    nodes: list[int]
    passes: int


@dataclass(frozen=True)
class PassResult:
    """What was timed.

    Attributes:
        resident, layers: How many layers were resident, of how many.
        bandwidth: Direct reads of the same files, bytes per second, before and after the passes.
        seconds: Of each pass, drafting left out; one list for each number of nodes.
        waits: The part of them that waited for weights.
        bytes_per_pass: What a pass streamed.
        peak_resident: Bytes.
        notes: What the engine says about how it reads.
    """

    resident: int
    layers: int
    bandwidth: list[float]
    seconds: list[list[float]]
    waits: list[list[float]]
    bytes_per_pass: int
    peak_resident: int
    notes: list[str]


def write_json(value: Any) -> str:
    """A dataclass as JSON."""
    return json.dumps(asdict(value))


def read_job(text: str) -> Job:
    fields = json.loads(text)
    return Job(**{**fields, "prompts": [Prompt(**prompt) for prompt in fields["prompts"]]})


def read_pass_job(text: str) -> PassJob:
    return PassJob(**json.loads(text))


def read_pass_result(text: str) -> PassResult:
    return PassResult(**json.loads(text))


def read_result(text: str) -> Result:
    fields = json.loads(text)
    return Result(**{**fields, "replies": [Reply(**reply) for reply in fields["replies"]]})
