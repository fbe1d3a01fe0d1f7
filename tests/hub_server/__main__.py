"""Serves folders as models until it is stopped: `python -m tests.hub_server owner/name=FOLDER … [--port N]`."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from tests.hub_server import HubServer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", metavar="OWNER/NAME=FOLDER")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rate", type=float, help="bytes per second of each connection")
    options = parser.parse_args()
    with HubServer(options.port) as hub:
        hub.faults.bytes_per_second = options.rate
        for model in options.models:
            name, _, folder = model.partition("=")
            hub.add(name, Path(folder), pipeline_tag="text-generation", tags=["safetensors"])
        print(f"HF_ENDPOINT={hub.endpoint}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
