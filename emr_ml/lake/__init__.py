"""Versions in the lake: what decides by conditional writes."""
