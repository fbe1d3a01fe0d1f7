"""`penjing models download`: one model, with its progress on the terminal."""

from __future__ import annotations

import argparse
import json
import sys
import threading

from core.commands.loading import show
from core.errors import Cancelled, PenjingError
from core.hub.download import Download
from core.hub.hub import Hub
from core.hub.manifest import read_manifest
from core.hub.progress import Progress, State, time_left
from core.locations import models_folder
from core.sizes import format_size

LOOK_SECONDS = 0.25


def download(options: argparse.Namespace) -> int:
    """Runs the download in a thread of its own, so that Ctrl+C ends it at once and keeps what has arrived."""
    job = Download(Hub(), models_folder(), options.model, options.revision, options.connections)
    failure: list[BaseException] = []

    def work() -> None:
        try:
            job.run()
        except (PenjingError, Cancelled, OSError, ValueError) as error:
            failure.append(error)

    thread = threading.Thread(target=work, name="download")
    thread.start()
    try:
        while thread.is_alive():
            thread.join(LOOK_SECONDS)
            show(line(job.progress))
    except KeyboardInterrupt:
        job.stop()
        thread.join()
        show("")
        print("Paused. The same command goes on where it was.", file=sys.stderr)
        raise
    show("")
    if failure:
        raise failure[0]
    manifest = read_manifest(job.folder)
    assert manifest is not None, "a download leaves its list of files beside them"
    if options.json:
        result = {"repository": job.repository, "revision": manifest.revision, "bytes": manifest.bytes}
        print(json.dumps(result | {"folder": str(job.folder)}, indent=2))
    else:
        print(f"{job.repository} is here: {format_size(manifest.bytes)} in {job.folder}.")
    return 0


def line(progress: Progress) -> str:
    """How far a download is, in one line."""
    if progress.state is State.WAITING or not progress.total:
        return progress.note or "Asking the hub …"
    checking = next((file.name for file in progress.files if file.checking), None)
    parts = [
        f"{progress.share:4.0%}",
        f"{format_size(progress.done)} of {format_size(progress.total)}",
        f"{progress.rate / 1e6:.1f} MB/s",
        time_left(progress.seconds_left),
        f"checking {checking}" if checking else "",
        progress.note,
    ]
    return " · ".join(part for part in parts if part)
