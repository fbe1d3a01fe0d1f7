"""The models on this machine, and which draft fits which target. Torch-free."""
