"""Draft trees: structure, attention mask, key-value cache."""
