"""The pack for NVIDIA cards in the window: its offer, its download, and the engine that runs in it."""
