"""Benchmarks that anyone can repeat; their results are in docs/benchmarks.md."""
