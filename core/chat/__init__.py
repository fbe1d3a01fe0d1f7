"""Conversations on disk, prompt templates, and text to tokens and back. Torch-free."""
