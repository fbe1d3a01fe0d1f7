"""How weights are computed from what formats store, in plain torch on any device, one module for each kind."""
