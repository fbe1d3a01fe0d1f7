"""The pack for NVIDIA cards: another Python with the CUDA build of torch, in which the engine process can run."""
