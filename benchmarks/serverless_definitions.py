"""The three assets as a user of dagster-aws writes them: one call of PipesEMRServerlessClient each.

The StartJobRun request of each asset is read from the file in the variable REQUESTS.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import boto3
import dagster as dg
from dagster_aws.pipes import PipesEMRServerlessClient, PipesS3MessageReader

REQUESTS, BUCKET = "BENCHMARK_START_JOB_RUN", "BENCHMARK_BUCKET"


def job(asset: str, deps: Sequence[str] = ()) -> dg.AssetsDefinition:
    """Return an asset that starts one job run."""

    @dg.asset(name=asset, deps=deps)
    def asset_function(
        context: dg.AssetExecutionContext, pipes_emr_serverless_client: PipesEMRServerlessClient
    ) -> dg.MaterializeResult:
        request = json.loads(Path(os.environ[REQUESTS]).read_text())[asset]
        invocation = pipes_emr_serverless_client.run(context=context, start_job_run_params=request)
        return invocation.get_materialize_result()

    return asset_function


def client(_: dg.InitResourceContext) -> PipesEMRServerlessClient:
    """Return a client that reads messages while the job runs.

    Its own reader, of CloudWatch, begins to read when the job has ended. It says that this one is
    not supported, but messages arrive.
    """
    reader = PipesS3MessageReader(bucket=os.environ[BUCKET], client=boto3.client("s3"))
    return PipesEMRServerlessClient(boto3.client("emr-serverless"), message_reader=reader)


defs = dg.Definitions(
    assets=[
        job("processed_dataset"),
        job("lr_model", ["processed_dataset"]),
        job("metrics", ["lr_model"]),
    ],
    jobs=[dg.define_asset_job("training_job")],
    resources={"pipes_emr_serverless_client": dg.ResourceDefinition(client)},
    # as in our own definitions
    executor=dg.multiprocess_executor.configured(
        {"start_method": {"forkserver": {"preload_modules": ["benchmarks.serverless_definitions"]}}}
    ),
)
