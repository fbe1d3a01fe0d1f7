"""Choosing a target and a draft among the installed models."""
