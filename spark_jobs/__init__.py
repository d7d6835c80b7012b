"""What Spark computes: one module for each asset, and the modules they share.

A job is a function `run(spark, request, log)` that knows nothing of Dagster or of a cluster.
"""
