"""Models outside of Spark: a fitted pipeline as JSON, and the module that scores rows with it."""
