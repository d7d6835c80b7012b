"""Checks of the set-up, each of which says what is wrong and what to do."""
