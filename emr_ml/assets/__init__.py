"""The assets, one in each module."""
