"""`emr-ml compute`, or `clusters`: what is running, and its cost."""
