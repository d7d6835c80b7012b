"""Runs one of our jobs as a step for PipesEMRClient: opens Dagster Pipes, then calls the job.

Usage: pipes_job.py <asset> <address of the request>
"""

import logging
import sys
from importlib import import_module

import boto3
from dagster_pipes import PipesS3MessageWriter, open_dagster_pipes

from spark_jobs.runtime.submit import perform


def main(asset: str, request: str) -> int:
    """Run the job of the asset, and return the exit code that it has under our launcher."""
    logging.basicConfig(level="INFO", stream=sys.stderr)
    # the job sends its messages through the Pipes context, if there is one
    with open_dagster_pipes(message_writer=PipesS3MessageWriter(boto3.client("s3"))):
        job = import_module(f"spark_jobs.{asset}")
        return perform(job.run, request, logging.getLogger("emr_ml"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
