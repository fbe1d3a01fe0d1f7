"""The tree panel: how each step guessed."""
