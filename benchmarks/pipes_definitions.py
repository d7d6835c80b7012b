"""The three assets as a user of dagster-aws makes them: a PipesEMRClient call for each.

The parameters of RunJobFlow are read from the file that PARAMS names, by asset.
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
LOOK_SECONDS = 5
PATIENCE_SECONDS = 1800  # as botocore's own waiter: 60 looks, 30 s apart


def job(asset: str, deps: Sequence[str] = ()) -> dg.AssetsDefinition:
    """An asset that is one cluster with one step."""

    @dg.asset(name=asset, deps=deps)
    def made(
        context: dg.AssetExecutionContext, pipes_emr_client: PipesEMRClient
    ) -> dg.MaterializeResult:
        params = json.loads(Path(os.environ[PARAMS]).read_text())[asset]
        done = pipes_emr_client.run(context=context, run_job_flow_params=params)
        return done.get_materialize_result()

    return made


def emr_client() -> "EMRClient":
    """EMR's client, but with a look at a starting cluster every 5 s instead of every 30 s.

    A cluster whose step takes less than 30 s may be TERMINATING at the next look. The waiter that
    PipesEMRClient takes holds this for a failure, though the step succeeds.
    """
    client = boto3.client("emr")
    patient: Any = client  # its type has an overload for each waiter
    patient.get_waiter = partial(_get_waiter, client.get_waiter)
    return client


def _get_waiter(original: Any, name: str) -> Any:
    waiter = original(name)
    if name == "cluster_running":
        waiter.config.delay = LOOK_SECONDS
        waiter.config.max_attempts = PATIENCE_SECONDS // LOOK_SECONDS
    return waiter


def client(_: dg.InitResourceContext) -> PipesEMRClient:
    """One for each asset: a message reader goes on counting where it stopped."""
    reader = PipesS3MessageReader(
        bucket=os.environ[BUCKET],
        client=boto3.client("s3"),
        # else the client waits 10 s more and reads the containers' logs
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
    # as our own definitions have it
    executor=dg.multiprocess_executor.configured(
        {"start_method": {"forkserver": {"preload_modules": ["benchmarks.pipes_definitions"]}}}
    ),
)
