"""The three assets as a user of dagster-aws writes them: one call of PipesEMRClient each.

The RunJobFlow request of each asset is read from the file in the variable PARAMS.
"""

import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import dagster as dg
from dagster_aws.pipes import PipesEMRClient, PipesS3MessageReader

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

PARAMS, BUCKET = "BENCHMARK_RUN_JOB_FLOW", "BENCHMARK_BUCKET"
POLL_SECONDS = 5
PATIENCE_SECONDS = 1800  # as in botocore's own waiter: 60 polls, 30 s apart


def job(asset: str, deps: Sequence[str] = ()) -> dg.AssetsDefinition:
    """Return an asset that runs one step on its own cluster."""

    @dg.asset(name=asset, deps=deps)
    def asset_function(
        context: dg.AssetExecutionContext, pipes_emr_client: PipesEMRClient
    ) -> dg.MaterializeResult:
        params = json.loads(Path(os.environ[PARAMS]).read_text())[asset]
        invocation = pipes_emr_client.run(context=context, run_job_flow_params=params)
        return invocation.get_materialize_result()

    return asset_function


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


defs = dg.Definitions(
    assets=[
        job("processed_dataset"),
        job("lr_model", ["processed_dataset"]),
        job("metrics", ["lr_model"]),
    ],
    jobs=[dg.define_asset_job("training_job")],
    resources={"pipes_emr_client": dg.ResourceDefinition(client)},
    # as in our own definitions
    executor=dg.multiprocess_executor.configured(
        {"start_method": {"forkserver": {"preload_modules": ["benchmarks.pipes_definitions"]}}}
    ),
)
