"""The exact, drafter-independent choice of the next token."""
