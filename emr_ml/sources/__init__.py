"""Source files: which there are, and their columns."""
