"""Split rows, turn them into vectors, and fit and choose models."""
