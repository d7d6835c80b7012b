"""What is kept in the lake, and what is removed: garbage collection by mark and sweep."""
