"""Writes one reply, as text or with every figure as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.chat.message import Message
from core.commands.interrupt import interrupt_cancels
from core.commands.loading import load_engine, plan_for
from core.commands.options import add_model_options, add_sampling_options, make_sampling
from core.commands.remembering import Remembering
from core.decoding.report import FinishReason, ReplySummary, StepReport
from core.engine.messages import Generate
from core.errors import BadRequest, Cancelled
from core.planning.plan import Plan

if TYPE_CHECKING:
    from core.decoding.trace import TraceWriter


def add_options(parser: argparse.ArgumentParser) -> None:
    prompt = parser.add_mutually_exclusive_group(required=True)
    prompt.add_argument("--prompt", metavar="TEXT", help="what to reply to")
    prompt.add_argument("--prompt-file", type=Path, metavar="F", help="a file with what to reply to; - is the input")
    parser.add_argument("--raw", action="store_true", help="continue the prompt as it is, without the chat template")
    parser.add_argument("--json", action="store_true", help="print one JSON object with the reply and its figures")
    parser.add_argument("--trace", type=Path, metavar="F", help="a file to write every step to, for the tree panel")
    add_model_options(parser)
    add_sampling_options(parser)


def run(options: argparse.Namespace) -> int:
    request = make_generate(options)
    if options.trace is not None:
        from core.decoding.trace import check_writable

        check_writable(options.trace)
    plan = plan_for(options)
    with interrupt_cancels() as cancelled, ExitStack() as open_until_done:
        engine = load_engine(plan, cancelled)
        open_until_done.callback(engine.close)
        remembering = Remembering(engine.loaded)
        trace = open_until_done.enter_context(begin_trace(options.trace, request, plan)) if options.trace else None
        steps = []
        for step in engine.generate(request, cancelled):
            steps.append(step)
            remembering.add_step(step)
            if trace is not None:
                trace.add(step)
            if not options.json:
                print(step.text, end="", flush=True)
        summary = engine.summary
        assert summary is not None
        remembering.finish(summary)
        if trace is not None:
            trace.add(summary)
        print(json.dumps(as_object(summary, steps, plan), indent=2) if options.json else "", flush=True)
    return Cancelled.exit_code if summary.finish_reason is FinishReason.CANCELLED else 0


def begin_trace(path: Path, request: Generate, plan: Plan) -> TraceWriter:
    from core.decoding.trace import TraceHead, TraceWriter

    head = TraceHead(
        penjing=version("penjing"),
        begun=datetime.now(UTC).isoformat(timespec="seconds"),
        target=plan.model.name,
        draft=plan.draft.name if plan.draft is not None else "",
        messages=request.messages,
        prompt=request.prompt,
        sampling=request.sampling,
    )
    return TraceWriter(path, head)


def make_generate(options: argparse.Namespace) -> Generate:
    prompt = options.prompt if options.prompt is not None else read_prompt(options.prompt_file)
    return Generate(
        reply="generate",
        messages=() if options.raw else (Message("user", prompt),),
        prompt=prompt if options.raw else "",
        sampling=make_sampling(options),
        max_new_tokens=options.max_new_tokens,
        budget=options.budget,
    )


def read_prompt(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise BadRequest(f"{file} is not UTF-8 text.", "Save it as UTF-8.") from error


def as_object(summary: ReplySummary, steps: list[StepReport], plan: Plan) -> dict[str, Any]:
    """What `--json` prints; docs/architecture.md describes it."""
    from core.engine.wire import to_jsonable

    return {
        "text": summary.text,
        "token_ids": list(summary.token_ids),
        "finish_reason": summary.finish_reason.value,
        "steps": [
            {
                "committed": len(step.committed),
                "nodes": step.nodes,
                "depth": step.depth,
                "seconds": to_jsonable(step.seconds),
                "bytes_streamed": step.bytes_streamed,
                "experts_streamed": step.experts_streamed,
                "sources": {name: to_jsonable(source) for name, source in step.sources.items()},
            }
            for step in steps
        ],
        "tokens_per_step": summary.tokens_per_step,
        "tokens_per_second": summary.tokens_per_second,
        "seconds_to_first_token": summary.seconds_to_first_token,
        "peak_ram_bytes": summary.peak_ram_bytes,
        "peak_vram_bytes": summary.peak_vram_bytes,
        "speculation": to_jsonable(summary.speculation),
        "plan": to_jsonable(plan),
    }
