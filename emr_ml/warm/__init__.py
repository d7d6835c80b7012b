"""A JVM with Spark that outlives the runs on this machine, and serves them one after the other.

`holder` is its process, `client` what a run knows of it. They import little: the holder must be
small, and a run that computes nothing must not pay for it.
"""
