"""Compare our launcher with dagster-aws's PipesEMRClient: the same Spark jobs, one emulated EMR."""

import json
import logging
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import click

from benchmarks import emr_page, page, pipes_requests
from benchmarks.dagster_runs import execute
from benchmarks.emr_measurement import Measurement, measure
from benchmarks.pipes_definitions import BUCKET, PARAMS
from emr_ml.project import ROOT
from emr_ml_tests.emulator.server import Emulator, serve
from emr_ml_tests.rehearsal import numbers, same
from emr_ml_tests.s3_server import S3

MAX_TERMINATION_SECONDS = 900.0


@dataclass(frozen=True)
class Comparison:
    """Both measurements, and whether the jobs of both computed the same metrics."""

    ours: Measurement
    theirs: Measurement
    same_figures: bool


@click.command(help=__doc__)
@click.option(
    "--speed",
    type=click.FloatRange(1, 4),
    default=1.0,
    show_default=True,
    help="emulated seconds per real second; steps and their polling take real time",
)
@click.option(
    "--page",
    "page_path",
    type=click.Path(path_type=Path),
    default=page.PAGE,
    help="the file to write the results into  [default: docs/benchmarks.md]",
)
def main(speed: float, page_path: Path) -> None:
    """Run both, write the results into the page, and print them."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    start, load = time.monotonic(), os.getloadavg()[0]
    parent = ROOT / ".dagster"
    parent.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="bench-emr-", dir=parent))
    # kept if the benchmark fails: the output of both runs is in output.txt there
    click.echo(f"all files are written to {folder}")
    comparison = compare(folder, speed)
    section = emr_page.section(
        comparison.ours,
        comparison.theirs,
        speed=speed,
        same_figures=comparison.same_figures,
        minutes=(time.monotonic() - start) / 60,
        load=load,
    )
    page.replace_section(page_path, "emr", section)
    shutil.rmtree(folder)
    click.echo(section)


def compare(folder: Path, speed: float) -> Comparison:
    """Run both, one after the other, against one emulated AWS."""
    with serve(folder / "nodes", speed=speed, spark="real") as aws:
        ours, theirs = aws.bucket("bench-ours"), aws.bucket("bench-pipes")
        _print_heading("our launcher")
        our_run = execute("emr_ml.definitions", folder / "ours", _our_variables(aws, ours, folder))
        our_clusters, our_calls = aws.clusters, len(list(aws.calls))
        _print_heading("PipesEMRClient")
        pipes_requests.copy_inputs(ours, theirs)
        (cluster,) = our_clusters
        requests_path = folder / "run_job_flow.json"
        requests_path.write_text(
            json.dumps(pipes_requests.run_job_flow_requests(cluster, ours, theirs))
        )
        variables = aws.environment() | {PARAMS: str(requests_path), BUCKET: theirs.bucket}
        their_run = execute("benchmarks.pipes_definitions", folder / "theirs", variables)
        their_clusters = aws.clusters[len(our_clusters) :]
        _wait_until_all_ended(aws)
        click.echo(aws.timeline())
        return Comparison(
            measure(aws, our_run, our_clusters, islice(aws.calls, our_calls), ours),
            measure(aws, their_run, their_clusters, islice(aws.calls, our_calls, None), theirs),
            _are_same(_metrics(ours), _metrics(theirs)),
        )


def _our_variables(aws: Emulator, bucket: S3, folder: Path) -> Mapping[str, str]:
    """Return our settings: all defaults, on the emulated EMR."""
    return aws.environment() | {
        "EMR_ML_DEPLOYMENT": "emr",
        "EMR_ML_LAKE": bucket.uri("lake"),
        "EMR_ML_SAMPLE_FOLDER": str(folder / "sample"),
    }


def _metrics(bucket: S3) -> dict[str, Any]:
    """Return the numbers in the report of `metrics`."""
    return numbers(pipes_requests.read_report(bucket, "metrics")["figures"])


def _are_same(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Return True if the numbers are equal up to the order in which Spark adds."""
    return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in ours)


def _wait_until_all_ended(aws: Emulator) -> None:
    """Wait until all clusters have ended by themselves.

    Raises:
        RuntimeError: some do not end in time.
    """
    deadline = time.monotonic() + aws.clock.real(MAX_TERMINATION_SECONDS)
    while aws.alive:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(aws.alive)} clusters have not ended")
        time.sleep(0.1)


def _print_heading(text: str) -> None:
    click.secho(f"\n== {text}\n", bold=True)


if __name__ == "__main__":
    main()
