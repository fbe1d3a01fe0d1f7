"""Makes low-bit copies of checkpoints, in a format that other software opens too."""
