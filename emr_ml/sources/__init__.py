"""Source files: which ones there are, and their columns."""
