"""The conversation: history, transcript, composer."""
