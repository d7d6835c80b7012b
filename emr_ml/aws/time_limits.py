"""Seconds without an answer from AWS after which each caller gives up.

Runs have a setting instead, `api_patience_seconds`.
"""

COST = 3.0  # costs and prices are only information, so nothing waits long for them
USE = 10.0  # of EMR Serverless, which tells it only some seconds after a job
DOCTOR = 4.0
ALERT = 10.0
SENSOR = 20.0  # of what is left running
COMMAND = 30.0
STACK = 120.0  # to deploy or to remove it
