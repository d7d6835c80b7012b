"""Benchmarks that anyone can repeat; what they found is in docs/benchmarks.md."""
