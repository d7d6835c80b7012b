"""What a run cost: clusters, billed time, calls; and how soon the end of a step was seen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.dagster_run import DagsterRun
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.record import Call
from emr_ml_tests.emulator.server import Emulator
from emr_ml_tests.emulator.world import LAUNCHER

# where the seconds of an instance go
PARTS = START, WORK, IDLE, END = "bootstrap", "steps and pauses", "idle", "ending"


@dataclass(frozen=True)
class Measured:
    """The figures of one contender.

    `parts` are instance-seconds, `lags` the true seconds from a step's end in EMR to its
    asset's materialization, `steps` the seconds that each step ran, by EMR's clock.
    """

    clusters: int
    instances: int
    billed: float
    parts: Mapping[str, float]
    steps: Mapping[str, float]
    lags: Mapping[str, float]
    wall: float
    emr_calls: Mapping[str, int]
    s3_calls: int

    @property
    def around(self) -> float:
        """Instance-seconds of bootstrap and ending."""
        return self.parts[START] + self.parts[END]


def measure(
    aws: Emulator, run: DagsterRun, clusters: Sequence[Cluster], calls: Iterable[Call]
) -> Measured:
    """The figures of a run whose clusters have all ended."""
    steps = [step for cluster in clusters for step in cluster.steps]
    ended = {step.name.split()[0]: aws.clock.true_time(step.ended or 0.0) for step in steps}
    spent = [parts(aws, cluster) for cluster in clusters]
    made = [call for call in calls if call.caller == LAUNCHER]
    return Measured(
        clusters=len(clusters),
        instances=sum(len(cluster.instances) for cluster in clusters),
        billed=sum(cluster.billed_seconds for cluster in clusters),
        parts={part: sum(one[part] for one in spent) for part in PARTS},
        steps={step.name.split()[0]: (step.ended or 0.0) - (step.started or 0.0) for step in steps},
        lags={asset: run.materialized[asset] - end for asset, end in ended.items()},
        wall=run.seconds,
        emr_calls=Counter(c.operation for c in made if c.service == "elasticmapreduce"),
        s3_calls=sum(call.service == "s3" for call in made),
    )


def parts(aws: Emulator, cluster: Cluster) -> dict[str, float]:
    """The instance-seconds of a cluster that has ended, by what they were spent on."""
    moments = (
        min(instance.created for instance in cluster.instances),
        cluster.ready or 0.0,
        max(step.ended or 0.0 for step in cluster.steps),
        next(
            event.at
            for event in aws.world.events
            if event.subject == cluster.id and event.what.startswith("TERMINATING")
        ),
        cluster.ended or 0.0,
    )
    spans = zip(PARTS, moments, moments[1:], strict=False)
    return {part: (end - begin) * len(cluster.instances) for part, begin, end in spans}
