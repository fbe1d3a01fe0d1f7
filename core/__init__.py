"""Penjing without a window: models, machine, planning, offload, drafting, decoding and the engine process."""
