"""The engine: its facade, the process around it, and the messages to and from that process."""

import os

# Torch and CUDA read these once, when torch is imported, and whoever runs the engine imports this package first.

# Torch's threads wait for each other at every product. To sleep at once costs half of a small layer's time; to spin
# for long, where another program wants one of the cores, makes a step 35 times slower. So they spin for about as long
# as a wake-up takes, and then sleep (docs/decisions/0005). The count is read by GNU's OpenMP, torch's on Linux.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
# The planner counts devices as NVML does; CUDA's own default is by speed.
os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
