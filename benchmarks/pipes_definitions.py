"""The three assets with PipesEMRClient, one cluster each.

The RunJobFlow request of each asset is read from the file in the variable PARAMS.
"""

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import dagster as dg
from dagster_aws.pipes import PipesEMRClient, PipesS3MessageReader

from benchmarks.pipes_assets import definitions

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

PARAMS, BUCKET = "BENCHMARK_RUN_JOB_FLOW", "BENCHMARK_BUCKET"
POLL_SECONDS = 5
PATIENCE_SECONDS = 1800  # as in botocore's own waiter: 60 polls, 30 s apart


def emr_client() -> "EMRClient":
    """Return a client of EMR whose waiter polls a starting cluster every 5 s, not every 30 s.

    If a step takes less than 30 s, its cluster may be TERMINATING at the next poll. The waiter that
    PipesEMRClient uses treats this as a failure, although the step succeeded.
    """
    client = boto3.client("emr")
    untyped: Any = client  # its type has an overload for each waiter
    untyped.get_waiter = partial(_get_waiter, client.get_waiter)
    return client


def _get_waiter(original: Any, name: str) -> Any:
    waiter = original(name)
    if name == "cluster_running":
        waiter.config.delay = POLL_SECONDS
        waiter.config.max_attempts = PATIENCE_SECONDS // POLL_SECONDS
    return waiter


def client(_: dg.InitResourceContext) -> PipesEMRClient:
    """Return a client with its own message reader, because a reader keeps its count of messages."""
    reader = PipesS3MessageReader(
        bucket=os.environ[BUCKET],
        client=boto3.client("s3"),
        # otherwise the client waits another 10 s and reads the containers' logs
        include_stdio_in_messages=True,
    )
    return PipesEMRClient(message_reader=reader, client=emr_client())


defs = definitions("benchmarks.pipes_definitions", client, "run_job_flow_params", PARAMS)
