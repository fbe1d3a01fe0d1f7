"""The process that times a load of the demo pair, torch and transformers being imported already."""

from __future__ import annotations

import json
import signal
import sys
import time
from importlib import import_module
from pathlib import Path


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever waits for this process ends it
    started = time.perf_counter()
    for module in ("torch", "transformers.models.llama.modeling_llama"):
        import_module(module)
    from tests.benchmarks.demo import engine

    imported = time.perf_counter() - started
    with engine(budget=64, dtype="auto") as loaded:
        seconds = loaded.loaded.seconds
    Path(sys.argv[1]).write_text(json.dumps({"import_seconds": imported, "load_seconds": seconds}), "utf-8")


if __name__ == "__main__":
    main()
