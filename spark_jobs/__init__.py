"""What Spark computes: one module per asset, and the helpers they share.

A job is a function `run(spark, request, log)` that knows nothing of Dagster or of a cluster.
"""
