"""Kills `penjing models download` at random moments, and counts what that costs.

`python -m tests.benchmarks.downloads`: each run downloads 200 MB from a hub on loopback, is killed without warning at a
random moment, and started again. It has passed if the second start ends well, every file is the one on the hub by its
SHA-256, and fewer than 8 MiB that lay on disk already were sent once more.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from core.hub.download import staging_folder
from tests.core.hub.models_made import write_hub_model
from tests.hub_server import HubServer, Request

NAME = "someone/Some-Model"
MOST_SENT_AGAIN = 8 << 20
SHAPE = {
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 2,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
}
"""About 200 MB of weights in bfloat16."""


@dataclass
class Run:
    """One kill. Bytes: on disk when it happened, sent again of those, sent in both starts together."""

    seconds: float
    on_disk: int
    again: int
    sent: int
    right: bool

    @property
    def passed(self) -> bool:
        return self.right and self.again < MOST_SENT_AGAIN


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="downloads-") as place, HubServer() as hub:
        source = write_hub_model(Path(place) / "source", shards=3, **SHAPE)
        hub.add(NAME, source)
        # So slow that a kill falls into the transfer more often than before or after it.
        hub.faults.bytes_per_second = 20e6
        whole = measure_whole(hub, Path(place) / "whole")
        total = sum(file.stat().st_size for file in source.iterdir())
        print(f"{total / 1e6:.0f} MB in {whole:.1f} s when nothing happens")
        runs = []
        for number in range(options.runs):
            runs.append(kill_once(hub, source, Path(place) / f"run-{number}", chance.uniform(0.0, whole)))
            print(line(number, runs[-1]), flush=True)
    passed = sum(run.passed for run in runs)
    worst = max(run.again for run in runs)
    print(f"{passed} of {len(runs)} passed; at worst {worst / 2**20:.2f} MiB on disk were sent again")
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1))
    return 0 if passed == len(runs) else 1


def measure_whole(hub: HubServer, home: Path) -> float:
    began = time.monotonic()
    assert start(hub, home).wait() == 0
    return time.monotonic() - began


def kill_once(hub: HubServer, source: Path, home: Path, seconds: float) -> Run:
    hub.requests.clear()
    process = start(hub, home)
    time.sleep(seconds)
    process.kill()
    process.wait()
    time.sleep(0.2)  # The server notices that nobody reads any more.
    first = sent(hub.requests)
    here = on_disk(home / "models")
    hub.requests.clear()
    done = start(hub, home).wait() == 0
    requests = [request for request in hub.requests if request.sent]
    again = sum(max(0, here.get(Path(request.path).name, 0) - request.start) for request in requests)
    return Run(seconds, sum(here.values()), again, first + sent(hub.requests), done and same(source, home / "models"))


def start(hub: HubServer, home: Path) -> subprocess.Popen[bytes]:
    home.mkdir(exist_ok=True)
    settings = {"HF_ENDPOINT": hub.endpoint, "PENJING_HOME": str(home), "PENJING_KEYRING": "none"}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")} | settings
    command = [sys.executable, "-m", "core.cli", "models", "download", NAME]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def on_disk(models: Path) -> dict[str, int]:
    """Bytes of each file that lie on disk, whole or in part."""
    folder = models.joinpath(*NAME.split("/"))
    folder = folder if folder.exists() else staging_folder(models, NAME)
    sizes: dict[str, int] = {}
    for file in folder.iterdir() if folder.exists() else ():
        name = file.name.rsplit(".", 2)[0] if file.name.endswith(".part") else file.name
        sizes[name] = max(sizes.get(name, 0), file.stat().st_size)
    return sizes


def sent(requests: list[Request]) -> int:
    return sum(request.sent for request in requests)


def same(source: Path, models: Path) -> bool:
    folder = models.joinpath(*NAME.split("/"))
    return all(checksum(folder / file.name) == checksum(file) for file in source.iterdir())


def checksum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def line(number: int, run: Run) -> str:
    mark = "✓" if run.passed else "✗"
    return (
        f"{mark} {number + 1:2}  killed after {run.seconds:4.1f} s  {run.on_disk / 2**20:6.1f} MiB on disk  "
        f"{run.again / 2**20:5.2f} MiB of it again  {run.sent / 2**20:6.1f} MiB sent in all"
    )


if __name__ == "__main__":
    sys.exit(main())
