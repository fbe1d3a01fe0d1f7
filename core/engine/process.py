"""Entry point of the engine process: commands on standard input, events on standard output, the rest to the log."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import time

from core.engine.importing import import_engine

log = logging.getLogger(__name__)


def main() -> None:
    """Serve commands until the parent closes the pipe or ends."""
    # Libraries that print must not garble the events: only this function knows the real standard output.
    events = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    import_engine()
    import psutil
    import torch
    import transformers

    from core.engine.arithmetic import survey_arithmetic
    from core.engine.host import Host
    from core.engine.messages import Started
    from core.engine.warm_up import warm_up
    from core.machine.own_memory import resident_bytes

    warm_up()
    # Before products are measured: what a start on a new computer takes should not pass for what every start takes.
    ram_bytes = resident_bytes()
    try:
        survey_arithmetic()
    except OSError as error:
        log.warning("how fast this computer multiplies was not saved: %s", error)
    process = psutil.Process()
    host = Host(sys.stdin.buffer, events)
    host.send(
        Started(
            pid=process.pid,
            seconds=time.time() - process.create_time(),
            ram_bytes=ram_bytes,
            torch_version=torch.__version__,
            transformers_version=transformers.__version__,
        )
    )
    host.run()


if __name__ == "__main__":
    main()
