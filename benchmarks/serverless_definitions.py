"""The three assets with PipesEMRServerlessClient, one job run each.

The StartJobRun request of each asset is read from the file in the variable REQUESTS.
"""

import os

import boto3
import dagster as dg
from dagster_aws.pipes import PipesEMRServerlessClient, PipesS3MessageReader

from benchmarks.pipes_assets import definitions

REQUESTS, BUCKET = "BENCHMARK_START_JOB_RUN", "BENCHMARK_BUCKET"


def client(_: dg.InitResourceContext) -> PipesEMRServerlessClient:
    """Return a client that reads messages while the job runs.

    Its own reader, of CloudWatch, begins to read when the job has ended. It says that this one is
    not supported, but messages arrive.
    """
    reader = PipesS3MessageReader(bucket=os.environ[BUCKET], client=boto3.client("s3"))
    return PipesEMRServerlessClient(boto3.client("emr-serverless"), message_reader=reader)


defs = definitions("benchmarks.serverless_definitions", client, "start_job_run_params", REQUESTS)
