"""How many rows of a pass are computed at once, where. Each bounds memory that the planner counts. Torch-free."""

from __future__ import annotations

PROMPT_CHUNK = 256
"""Rows of a prompt that go through a dense layer together: enough to be efficient."""

ATTENTION_CHUNK = 256
"""Rows that attend together, however many go through a layer."""

EXPERT_CHUNK = 1024
"""Rows that go through an expert together, of those that chose it."""
