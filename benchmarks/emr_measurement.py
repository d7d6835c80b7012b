"""Measures the clusters, billed time, calls and delays of a run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.dagster_runs import DagsterRun
from benchmarks.pipes_requests import ASSETS, read_report
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.record import Call
from emr_ml_tests.emulator.server import Emulator
from emr_ml_tests.emulator.world import LAUNCHER
from emr_ml_tests.s3_server import S3

# the phases of a cluster, by which its instance-seconds are divided
PHASES = BOOTSTRAP, STEPS, IDLE, TERMINATING = (
    "bootstrap",
    "steps and pauses",
    "idle",
    "terminating",
)


@dataclass(frozen=True)
class Measurement:
    """The results of one contestant.

    Args:
        clusters: number of clusters started.
        instances: number of instances of all clusters.
        billed: instance-seconds.
        phases: instance-seconds by phase.
        steps: seconds that each step ran, by EMR's clock.
        jobs: seconds that the job of each asset ran, by its report, without the start of Spark.
        delays: seconds from the commit of each job to its asset's materialization.
        wall: seconds of the run.
        emr_calls: number of calls by operation.
        s3_calls: number of calls.
    """

    clusters: int
    instances: int
    billed: float
    phases: Mapping[str, float]
    steps: Sequence[float]
    jobs: Mapping[str, float]
    delays: Mapping[str, float]
    wall: float
    emr_calls: Mapping[str, int]
    s3_calls: int

    @property
    def overhead(self) -> float:
        """Instance-seconds of bootstrap and termination."""
        return self.phases[BOOTSTRAP] + self.phases[TERMINATING]


def measure(
    aws: Emulator, run: DagsterRun, clusters: Sequence[Cluster], calls: Iterable[Call], lake: S3
) -> Measurement:
    """Return the results of a run whose clusters have all ended."""
    steps = [step for cluster in clusters for step in cluster.steps]
    jobs = {asset: _times(read_report(lake, asset)) for asset in ASSETS}
    phases = [_phase_seconds(aws, cluster) for cluster in clusters]
    launcher_calls = [call for call in calls if call.caller == LAUNCHER]
    return Measurement(
        clusters=len(clusters),
        instances=sum(len(cluster.instances) for cluster in clusters),
        billed=sum(cluster.billed_seconds for cluster in clusters),
        phases={phase: sum(seconds[phase] for seconds in phases) for phase in PHASES},
        steps=[(step.ended or 0.0) - (step.started or 0.0) for step in steps],
        jobs={asset: ended - started for asset, (started, ended) in jobs.items()},
        delays={asset: run.materialized[asset] - ended for asset, (_, ended) in jobs.items()},
        wall=run.seconds,
        emr_calls=Counter(
            call.operation for call in launcher_calls if call.service == "elasticmapreduce"
        ),
        s3_calls=sum(call.service == "s3" for call in launcher_calls),
    )


def _times(report: Mapping[str, Any]) -> tuple[float, float]:
    """Return when a job started and committed, in seconds since the epoch."""
    started, finished = (datetime.fromisoformat(report[key]) for key in ("started", "finished"))
    return started.timestamp(), finished.timestamp()


def _phase_seconds(aws: Emulator, cluster: Cluster) -> dict[str, float]:
    """Return the instance-seconds of an ended cluster by phase."""
    boundaries = (
        min(each.created for each in cluster.instances if each.created is not None),
        cluster.ready or 0.0,
        max(step.ended or 0.0 for step in cluster.steps),
        next(
            event.at
            for event in aws.world.events
            if event.subject == cluster.id and event.what.startswith("TERMINATING")
        ),
        cluster.ended or 0.0,
    )
    spans = zip(PHASES, boundaries, boundaries[1:], strict=False)
    return {phase: (end - start) * len(cluster.instances) for phase, start, end in spans}
