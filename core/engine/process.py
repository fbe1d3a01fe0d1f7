"""Entry point of the engine process: commands on standard input, events on standard output, the rest to the log."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import time


def main() -> None:
    """Serve commands until the parent closes the pipe or ends."""
    # Libraries that print must not garble the events: only this function knows the real standard output.
    events = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    faulthandler.enable()
    # The planner counts devices as NVML does; CUDA's own default is by speed.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    import psutil
    import torch
    import transformers

    from core.engine.host import Host
    from core.engine.messages import Started
    from core.engine.warm_up import warm_up
    from core.machine.own_memory import resident_bytes

    warm_up()
    process = psutil.Process()
    host = Host(sys.stdin.buffer, events)
    host.send(
        Started(
            pid=process.pid,
            seconds=time.time() - process.create_time(),
            ram_bytes=resident_bytes(),
            torch_version=torch.__version__,
            transformers_version=transformers.__version__,
        )
    )
    host.run()


if __name__ == "__main__":
    main()
