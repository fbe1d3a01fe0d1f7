"""How many rows of a pass are computed at once, where. Each bounds memory that the planner counts. Torch-free."""

from __future__ import annotations

PROMPT_CHUNK = 256
"""Rows of a prompt that go through a dense layer together: enough to be efficient."""

ATTENTION_CHUNK = 256
"""Rows that attend together, however many go through a layer."""

EXPERT_CHUNK = 1024
"""Rows that go through an expert together, of those that chose it."""

DEQUANTISED_BLOCK, DEQUANTISED_BLOCK_ON_DEVICE = 1 << 19, 1 << 22
"""Numbers that are dequantised together: on a CPU so few that they stay in its caches (measured on two Zen 4 cores:
4.9 billion a second, 3.1 with a quarter of that), on an accelerator so many that starting kernels hardly counts."""
