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

from benchmarks import dagster_run, emr_page, page, same_work
from benchmarks.measured import Measured, measure
from benchmarks.pipes_definitions import BUCKET, PARAMS
from emr_ml.settings import ROOT
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.server import Emulator, serve
from emr_ml_tests.rehearsal import numbers, same
from emr_ml_tests.s3_server import S3

IDLE_SECONDS = 60  # the least that EMR takes: as near to a transient cluster as ours come
LONGEST_END_SECONDS = 900.0


@dataclass(frozen=True)
class Comparison:
    """Both contenders, and whether their jobs found the same."""

    ours: Measured
    theirs: Measured
    same_figures: bool


@click.command(help=__doc__)
@click.option(
    "--speed",
    type=click.FloatRange(1, 4),
    default=1.0,
    show_default=True,
    help="emulated seconds in a true one; steps and what waits for them take true time",
)
@click.option(
    "--page",
    "to",
    type=click.Path(path_type=Path),
    default=page.PAGE,
    help="where the figures are written to  [default: docs/benchmarks.md]",
)
def main(speed: float, to: Path) -> None:
    """Run both, write the figures into the page, and print them."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    began, load = time.monotonic(), os.getloadavg()[0]
    below = ROOT / ".dagster"
    below.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="bench-emr-", dir=below))
    # what both runs say is in output.txt there; if something fails, it is kept
    click.echo(f"all that is written goes to {folder}")
    found = compare(folder, speed)
    section = emr_page.section(
        found.ours,
        found.theirs,
        speed=speed,
        idle=IDLE_SECONDS,
        same_figures=found.same_figures,
        minutes=(time.monotonic() - began) / 60,
        load=load,
    )
    page.replace(to, "emr", section)
    shutil.rmtree(folder)
    click.echo(section)


def compare(folder: Path, speed: float) -> Comparison:
    """Run both, one after the other, against one emulated AWS."""
    with serve(folder / "nodes", speed=speed, spark="real") as aws:
        ours, theirs = aws.bucket("bench-ours"), aws.bucket("bench-pipes")
        heading("our launcher")
        our_run = dagster_run.execute("emr_ml.definitions", folder / "ours", us(aws, ours, folder))
        our_clusters, our_calls = aws.clusters, len(list(aws.calls))
        heading("PipesEMRClient")
        same_work.copy_orders(ours, theirs)
        (cluster,) = our_clusters
        flows = folder / "run_job_flow.json"
        flows.write_text(json.dumps(same_work.run_job_flows(cluster, ours, theirs)))
        variables = aws.environment() | {PARAMS: str(flows), BUCKET: theirs.bucket}
        their_run = dagster_run.execute(
            "benchmarks.pipes_definitions", folder / "theirs", variables
        )
        their_clusters = aws.clusters[len(our_clusters) :]
        wait_for_the_end(aws)
        click.echo(aws.timeline())
        return Comparison(
            measure(aws, our_run, our_clusters, islice(aws.calls, our_calls)),
            measure(aws, their_run, their_clusters, islice(aws.calls, our_calls, None)),
            same_figures(figures(ours, our_clusters), figures(theirs, their_clusters)),
        )


def us(aws: Emulator, bucket: S3, folder: Path) -> Mapping[str, str]:
    """Our settings: the default pace, and the shortest idle timeout."""
    return aws.environment() | {
        "EMR_ML_DEPLOYMENT": "emr",
        "EMR_ML_LAKE": bucket.uri("lake"),
        "EMR_ML_SAMPLE_FOLDER": str(folder / "sample"),
        "EMR_ML_IDLE_TIMEOUT_SECONDS": str(IDLE_SECONDS),
    }


def figures(bucket: S3, clusters: list[Cluster]) -> dict[str, Any]:
    """The numbers that the last job, `metrics`, found."""
    return numbers(same_work.figures(bucket, clusters[-1].steps[-1]))


def same_figures(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Equal, but for the order in which Spark adds."""
    return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)


def wait_for_the_end(aws: Emulator) -> None:
    """Until all clusters have ended by themselves.

    Raises:
        RuntimeError: they do not.
    """
    ends = time.monotonic() + aws.clock.real(LONGEST_END_SECONDS)
    while aws.alive:
        if time.monotonic() > ends:
            raise RuntimeError(f"{len(aws.alive)} clusters do not end")
        time.sleep(0.1)


def heading(text: str) -> None:
    """Say what begins."""
    click.secho(f"\n== {text}\n", bold=True)


if __name__ == "__main__":
    main()
