"""The process of one contestant: reads its job from the input, writes its result to the file named."""

from __future__ import annotations

import signal
import sys
import time
from importlib import import_module
from pathlib import Path

from core.machine.own_memory import peak_resident_bytes
from tests.benchmarks.offload.job import Result, read_job, write_json
from tests.benchmarks.offload.tape import Tape

WARM_UP_TOKENS = 4


def main() -> None:
    # Ctrl+C reaches the whole group of processes; whoever waits for this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = Path(sys.argv[1])
    job = read_job(sys.stdin.read())
    started = time.perf_counter()
    contestant = import_module(f"tests.benchmarks.offload.contestants.{job.contestant}").Contestant(job)
    load_seconds = time.perf_counter() - started
    contestant.write(job.prompts[0], WARM_UP_TOKENS, Tape())
    replies = []
    for prompt in job.prompts[1:]:
        tape = Tape()
        contestant.write(prompt, job.new_tokens, tape)
        replies.append(tape.reply())
    out.write_text(write_json(Result(contestant.how, load_seconds, peak_resident_bytes(), replies)), "utf-8")


if __name__ == "__main__":
    main()
