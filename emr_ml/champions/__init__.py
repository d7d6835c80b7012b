"""Which model is the champion, how that is decided, and what rows it can score."""
