"""Checks of the set-up: each reports what it found and, if that is wrong, how to fix it."""
