"""Pure functions from a model, a machine and a request to a plan. Torch-free, so that sliders re-plan as they move."""
