"""Show on the emulator how PipesEMRClient handles steps that are short, fail, or need YARN."""

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import click
import dagster as dg
from dagster_aws.pipes import PipesEMRClient, PipesS3MessageReader

from emr_ml_tests.emulator.examples import a_cluster, a_step
from emr_ml_tests.emulator.server import Emulator, serve

BUCKET = "pipes-faults"
LONG_COMMAND = "sleep 45"  # longer than the 30 s between two polls
OWN_CONFIGURATIONS = [{"Classification": "spark-defaults", "Properties": {"spark.own": "1"}}]
TRIALS: Mapping[str, dict[str, Any]] = {
    "a step of a second": {"command": "sleep 1"},
    "failed, CONTINUE": {"command": f"{LONG_COMMAND}; exit 3", "action": "CONTINUE"},
    "failed, TERMINATE_CLUSTER": {"command": f"{LONG_COMMAND}; exit 3"},
    "own spark-defaults": {"command": LONG_COMMAND, "Configurations": OWN_CONFIGURATIONS},
}


def main() -> None:
    """Run all trials at the same time. The nodes have no Spark, because no step needs it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with TemporaryDirectory() as folder, serve(Path(folder), speed=60.0) as aws:
        os.environ.update(aws.environment())
        aws.bucket(BUCKET)
        with ThreadPoolExecutor(len(TRIALS)) as pool:
            results = list(pool.map(run_trial, TRIALS, TRIALS.values()))
        for name, result in zip(TRIALS, results, strict=True):
            click.echo(f"{name}: {describe_cluster(aws, name)}; {result}")


def run_trial(name: str, trial: Mapping[str, Any]) -> str:
    """Return the outcome of the asset."""
    request = run_job_flow_request(name, **trial)

    @dg.asset(name="trial")
    def asset_function(
        context: dg.AssetExecutionContext, pipes_emr_client: PipesEMRClient
    ) -> dg.MaterializeResult:
        invocation = pipes_emr_client.run(context=context, run_job_flow_params=request)
        return invocation.get_materialize_result()

    reader = PipesS3MessageReader(
        bucket=BUCKET, client=boto3.client("s3"), include_stdio_in_messages=True
    )
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [asset_function],
            instance=instance,
            resources={"pipes_emr_client": PipesEMRClient(message_reader=reader)},
            raise_on_error=False,
        )
    return "asset is green" if result.success else f"asset failed: {_cause(result.all_events)}"


def run_job_flow_request(
    name: str, *, command: str, action: str = "TERMINATE_CLUSTER", **more: Any
) -> Any:
    """Return the request for a cluster that ends with its only step."""
    request = a_cluster(BUCKET, Name=name, **more)
    del request["AutoTerminationPolicy"]
    request["Instances"]["KeepJobFlowAliveWhenNoSteps"] = False
    step = a_step(name, "bash", "-c", command, ActionOnFailure=action)
    return request | {"Steps": [step]}


def _cause(events: Sequence[dg.DagsterEvent]) -> str:
    """Return the message of the error that Dagster wraps."""
    error = next(event.step_failure_data.error for event in events if event.is_step_failure)
    return str(error.cause.message).strip() if error and error.cause else str(error)


def describe_cluster(aws: Emulator, name: str) -> str:
    """Return the states of cluster and step, and the properties in spark-defaults."""
    cluster = next(cluster for cluster in aws.clusters if cluster.name == name)
    properties = [
        key
        for each in cluster.request["Configurations"]
        if each["Classification"] == "spark-defaults"
        for key in each["Properties"]
    ]
    return f"cluster {cluster.state}, step {cluster.steps[0].state}, spark-defaults {properties}"


if __name__ == "__main__":
    main()
