"""Where weights live and how they arrive."""
