"""Compare our launcher with dagster-aws's PipesEMRServerlessClient on one emulated service."""

import json
import logging
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import click

from benchmarks import page, pipes_requests, serverless_page
from benchmarks.dagster_runs import DagsterRun, execute
from benchmarks.serverless_definitions import BUCKET, REQUESTS
from benchmarks.serverless_measurement import Measurement, measure
from emr_ml.project import ROOT
from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN
from emr_ml_tests.emulator.job_runs import JobRun
from emr_ml_tests.emulator.server import Emulator, serve
from emr_ml_tests.s3_server import S3

# workers have no such Python, so the job fails before it can report anything
BROKEN_CONF = {"spark.pyspark.driver.python": "./missing/bin/python3"}


@click.command(help=__doc__)
@click.option(
    "--page",
    "page_path",
    type=click.Path(path_type=Path),
    default=page.PAGE,
    help="the file to write the results into  [default: docs/benchmarks.md]",
)
def main(page_path: Path) -> None:
    """Run both, write the results into the page, and print them."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    start, load = time.monotonic(), os.getloadavg()[0]
    parent = ROOT / ".dagster"
    parent.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="bench-serverless-", dir=parent))
    # kept if the benchmark fails: the output of each run is in output.txt there
    click.echo(f"all files are written to {folder}")
    ours, theirs = compare(folder)
    minutes = (time.monotonic() - start) / 60
    section = serverless_page.section(ours, theirs, minutes=minutes, load=load)
    page.replace_section(page_path, "serverless", section)
    shutil.rmtree(folder)
    click.echo(section)


def compare(folder: Path) -> tuple[Measurement, Measurement]:
    """Run both, one after the other, against one emulated AWS in real time."""
    with serve(folder / "workers", speed=1.0, spark="real") as aws:
        ours, theirs = aws.bucket("bench-ours"), aws.bucket("bench-pipes")
        variables = _our_variables(aws, ours, folder)
        our_run, our_jobs = _run(aws, "emr_ml.definitions", folder / "ours", variables)
        pipes_requests.copy_inputs(ours, theirs)
        requests = folder / "start_job_run.json"
        requests.write_text(json.dumps(_pipes_requests(aws, our_jobs, ours, theirs)))
        their_variables = aws.environment() | {REQUESTS: str(requests), BUCKET: theirs.bucket}
        definitions = "benchmarks.serverless_definitions"
        their_run, their_jobs = _run(aws, definitions, folder / "theirs", their_variables)

        broken_conf = {"EMR_ML_SERVERLESS__SPARK_CONF": json.dumps(BROKEN_CONF)}
        broken_lake = {"EMR_ML_LAKE": ours.uri("broken")}
        our_failure, our_failed = _run(
            aws,
            "emr_ml.definitions",
            folder / "ours-broken",
            variables | broken_conf | broken_lake,
            may_fail=True,
        )
        requests.write_text(json.dumps(_broken(json.loads(requests.read_text()))))
        their_failure, their_failed = _run(
            aws, definitions, folder / "theirs-broken", their_variables, may_fail=True
        )
        return (
            measure(aws, our_run, our_jobs, our_failure, our_failed),
            measure(aws, their_run, their_jobs, their_failure, their_failed),
        )


def _run(
    aws: Emulator,
    module: str,
    home: Path,
    variables: Mapping[str, str],
    *,
    may_fail: bool = False,
) -> tuple[DagsterRun, list[JobRun]]:
    """Return the run, and the job runs that it started."""
    before = len(aws.serverless.job_runs)
    run = execute(module, home, variables, may_fail=may_fail)
    return run, aws.serverless.job_runs[before:]


def _our_variables(aws: Emulator, bucket: S3, folder: Path) -> dict[str, str]:
    """Return our settings: the defaults, and the one field that has none."""
    return aws.environment() | {
        "EMR_ML_DEPLOYMENT": "emr-serverless",
        "EMR_ML_LAKE": bucket.uri("lake"),
        "EMR_ML_SAMPLE_FOLDER": str(folder / "sample"),
        "EMR_ML_SERVERLESS__EXECUTION_ROLE": RUNTIME_ROLE_ARN,
    }


def _pipes_requests(
    aws: Emulator, jobs: Sequence[JobRun], ours: S3, theirs: S3
) -> dict[str, dict[str, Any]]:
    """Return a StartJobRun request per asset: ours, on an application of their own."""
    (application,) = aws.serverless.applications
    own = {**application.request, "name": "pipes", "clientToken": "pipes"}
    client = aws.client("emr-serverless")
    application_id = client.create_application(**own)["applicationId"]
    # PipesEMRServerlessClient fails if the application is not ready
    while (
        client.get_application(applicationId=application_id)["application"]["state"] == "CREATING"
    ):
        time.sleep(1)
    requests: dict[str, dict[str, Any]] = {}
    for job in jobs:
        asset = job.name.split()[0]
        request = json.loads(json.dumps(job.request).replace(ours.uri(), theirs.uri()))
        del request["clientToken"]
        submit = request["jobDriver"]["sparkSubmit"]
        submit["entryPoint"] = theirs.uri(pipes_requests.SCRIPT)
        submit["entryPointArguments"] = [asset, submit["entryPointArguments"][-1]]
        requests[asset] = request | {"applicationId": application_id}
    return requests


def _broken(requests: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for request in requests.values():
        (defaults,) = request["configurationOverrides"]["applicationConfiguration"]
        defaults["properties"].update(BROKEN_CONF)
    return dict(requests)


if __name__ == "__main__":
    main()
