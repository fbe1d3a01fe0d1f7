"""The engine: its facade, the process around it, and the messages to and from that process."""

import os

# Torch and CUDA read these once, when torch is imported, and whoever runs the engine imports this package first.

# Torch's threads must sleep, not spin, while they wait for each other: where another program wants one of the cores,
# spinning makes a step 35 times slower (measured on two busy cores: 1,629 ms against 47).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# The planner counts devices as NVML does; CUDA's own default is by speed.
os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
