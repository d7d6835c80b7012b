"""Measures the clusters, billed time, calls and delays of a run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.dagster_runs import DagsterRun
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.record import Call
from emr_ml_tests.emulator.server import Emulator
from emr_ml_tests.emulator.world import LAUNCHER

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
        delays: real seconds from each step's end in EMR to its asset's materialization.
        wall: seconds of the run.
        emr_calls: number of calls by operation.
        s3_calls: number of calls.
    """

    clusters: int
    instances: int
    billed: float
    phases: Mapping[str, float]
    steps: Mapping[str, float]
    delays: Mapping[str, float]
    wall: float
    emr_calls: Mapping[str, int]
    s3_calls: int

    @property
    def overhead(self) -> float:
        """Instance-seconds of bootstrap and termination."""
        return self.phases[BOOTSTRAP] + self.phases[TERMINATING]


def measure(
    aws: Emulator, run: DagsterRun, clusters: Sequence[Cluster], calls: Iterable[Call]
) -> Measurement:
    """Return the results of a run whose clusters have all ended."""
    steps = [step for cluster in clusters for step in cluster.steps]
    ends = {step.name.split()[0]: aws.clock.true_time(step.ended or 0.0) for step in steps}
    phases = [_phase_seconds(aws, cluster) for cluster in clusters]
    launcher_calls = [call for call in calls if call.caller == LAUNCHER]
    return Measurement(
        clusters=len(clusters),
        instances=sum(len(cluster.instances) for cluster in clusters),
        billed=sum(cluster.billed_seconds for cluster in clusters),
        phases={phase: sum(seconds[phase] for seconds in phases) for phase in PHASES},
        steps={step.name.split()[0]: (step.ended or 0.0) - (step.started or 0.0) for step in steps},
        delays={asset: run.materialized[asset] - end for asset, end in ends.items()},
        wall=run.seconds,
        emr_calls=Counter(
            call.operation for call in launcher_calls if call.service == "elasticmapreduce"
        ),
        s3_calls=sum(call.service == "s3" for call in launcher_calls),
    )


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
