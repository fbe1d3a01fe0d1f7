"""The formats in which weights are published, one a module: how each is recognised, and what it consists of."""
