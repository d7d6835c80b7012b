"""The pipelines of this checkout."""
