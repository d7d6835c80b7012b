"""Translate what EMR's users bring along into our cluster configuration."""
