"""Show on the emulator what PipesEMRClient makes of steps that are short, fail, or need YARN."""

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
LONG = "sleep 45"  # longer than the 30 s between two looks
OWN = [{"Classification": "spark-defaults", "Properties": {"spark.own": "1"}}]
TRIALS: Mapping[str, dict[str, Any]] = {
    "a step of a second": {"command": "sleep 1"},
    "failed, CONTINUE": {"command": f"{LONG}; exit 3", "action": "CONTINUE"},
    "failed, TERMINATE_CLUSTER": {"command": f"{LONG}; exit 3"},
    "own spark-defaults": {"command": LONG, "Configurations": OWN},
}


def main() -> None:
    """Run all at once; light nodes do, for no step needs Spark."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with TemporaryDirectory() as folder, serve(Path(folder), speed=60.0) as aws:
        os.environ.update(aws.environment())
        aws.bucket(BUCKET)
        with ThreadPoolExecutor(len(TRIALS)) as pool:
            said = list(pool.map(attempt, TRIALS, TRIALS.values()))
        for name, what in zip(TRIALS, said, strict=True):
            click.echo(f"{name}: {facts(aws, name)}; {what}")


def attempt(name: str, trial: Mapping[str, Any]) -> str:
    """What becomes of the asset."""
    flow = run_job_flow(name, **trial)

    @dg.asset(name="trial")
    def made(
        context: dg.AssetExecutionContext, pipes_emr_client: PipesEMRClient
    ) -> dg.MaterializeResult:
        done = pipes_emr_client.run(context=context, run_job_flow_params=flow)
        return done.get_materialize_result()

    reader = PipesS3MessageReader(
        bucket=BUCKET, client=boto3.client("s3"), include_stdio_in_messages=True
    )
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [made],
            instance=instance,
            resources={"pipes_emr_client": PipesEMRClient(message_reader=reader)},
            raise_on_error=False,
        )
    return "asset is green" if result.success else f"asset failed: {cause(result.all_events)}"


def run_job_flow(name: str, *, command: str, action: str = "TERMINATE_CLUSTER", **more: Any) -> Any:
    """A cluster that ends with its only step."""
    asked = a_cluster(BUCKET, Name=name, **more)
    del asked["AutoTerminationPolicy"]
    asked["Instances"]["KeepJobFlowAliveWhenNoSteps"] = False
    step = a_step(name, "bash", "-c", command, ActionOnFailure=action)
    return asked | {"Steps": [step]}


def cause(events: Sequence[dg.DagsterEvent]) -> str:
    """The first line of the error below Dagster's own."""
    error = next(event.step_failure_data.error for event in events if event.is_step_failure)
    return str(error.cause.message).strip() if error and error.cause else str(error)


def facts(aws: Emulator, name: str) -> str:
    """What became of cluster and step, and which properties Spark's defaults have."""
    cluster = next(one for one in aws.clusters if one.name == name)
    properties = [
        key
        for one in cluster.asked["Configurations"]
        if one["Classification"] == "spark-defaults"
        for key in one["Properties"]
    ]
    return f"cluster {cluster.state}, step {cluster.steps[0].state}, spark-defaults {properties}"


if __name__ == "__main__":
    main()
