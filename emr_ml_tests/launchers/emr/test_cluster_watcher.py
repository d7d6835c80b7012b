"""All followers of a cluster together make as few EMR calls as one would."""

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emr_ml.aws.client import Api, UnansweredError
from emr_ml.launchers.emr.cluster_watcher import ClusterWatcher
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.examples import a_cluster, a_step
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.lake import Lake

if TYPE_CHECKING:
    from emr_ml_tests.emulator.clusters import Cluster
    from emr_ml_tests.emulator.server import Emulator
    from emr_ml_tests.launchers.emr.stage import Staging

SPEED = 30.0
PATIENCE_SECONDS = 60.0  # for a busy machine
# thirty true seconds of EMR in one of ours, and the usual pace by that clock
PACE = PollingPolicy(fast=0.1, slow=1.0, visibility=1.5, patience=60.0)
LOG = logging.getLogger("looks")


@pytest.fixture
def aws(staging: "Staging") -> "Emulator":
    return staging(speed=SPEED, quotas=True).aws


@pytest.fixture
def cluster(aws: "Emulator") -> "Cluster":
    """A cluster with three pages of steps, all but one of which wait."""
    emr = aws.client("emr")
    bucket = aws.client("s3").list_buckets()["Buckets"][0]["Name"]
    emr.run_job_flow(**a_cluster(bucket))
    (cluster,) = aws.clusters
    steps = [a_step(f"step {number}", "sleep", "60") for number in range(100)]
    emr.add_job_flow_steps(JobFlowId=cluster.id, Steps=steps)
    wait_until(lambda: cluster.steps[0].state == "RUNNING")
    return cluster


def looks(lake: Lake, cluster: "Cluster", pace: PollingPolicy = PACE) -> ClusterWatcher:
    return ClusterWatcher(Api("emr", 0.0, LOG), lake, cluster.id, pace)


class Follower(threading.Thread):
    """Looks as often as a launcher does; notes whether it saw the step as cancelled.

    One that is to see this goes on until it does, for at most `PATIENCE_SECONDS`.
    """

    def __init__(self, look: ClusterWatcher, seconds: float, *, until_seen: bool = False) -> None:
        super().__init__(daemon=True)
        self._looks, self._since = look, time.monotonic()
        self._seconds, self._until_seen = seconds, until_seen
        self.saw_change = False
        self.troubles = 0

    @property
    def _goes_on(self) -> bool:
        elapsed = time.monotonic() - self._since
        waits = self._until_seen and not self.saw_change and elapsed < PATIENCE_SECONDS
        return elapsed < self._seconds or waits

    def run(self) -> None:
        while self._goes_on:
            try:
                look = self._looks.latest()
            except UnansweredError:
                self.troubles += 1
            else:
                if look and look.steps_named("step 50")[0].state == "CANCELLED":
                    self.saw_change = True
            time.sleep(PACE.fast)


def test_a_hundred_followers_stay_inside_the_quotas_and_see_all(
    aws: "Emulator", cluster: "Cluster", folder_lake: Lake
) -> None:
    followers = [
        Follower(looks(folder_lake, cluster), seconds=8.0, until_seen=True) for _ in range(100)
    ]
    for follower in followers:
        follower.start()
    time.sleep(3.0)

    step = cluster.steps[50]
    aws.client("emr").cancel_steps(ClusterId=cluster.id, StepIds=[step.id])

    for follower in followers:
        follower.join()
    assert not aws.calls.throttled()
    assert {follower.troubles for follower in followers} == {0}
    assert all(follower.saw_change for follower in followers)


def test_a_look_that_failed_is_not_taken_again_at_once(
    aws: "Emulator", cluster: "Cluster", folder_lake: Lake
) -> None:
    aws.faults.add(faults.throttle("DescribeCluster", times=1000))
    followers = [Follower(looks(folder_lake, cluster), seconds=4.0) for _ in range(10)]

    for follower in followers:
        follower.start()
    for follower in followers:
        follower.join()

    assert 1 <= len(aws.calls.of("DescribeCluster", "launcher")) <= 5


def test_whoever_failed_to_look_knows_it_until_somebody_succeeds(
    aws: "Emulator", cluster: "Cluster", folder_lake: Lake
) -> None:
    quick = replace(PACE, slow=0.05)
    one, other = (looks(folder_lake, cluster, quick) for _ in range(2))
    one.latest()
    aws.faults.add(faults.throttle("DescribeCluster", times=1000))
    for each in (one, other, one):
        fail(each)

    fail(other)
    one.latest()

    assert one.answers.failing


def fail(look: ClusterWatcher) -> None:
    """Look until it is one's turn to ask, in vain."""
    ends = time.monotonic() + 5.0
    while time.monotonic() < ends:
        try:
            look.latest()
        except UnansweredError:
            return
        time.sleep(0.01)
    pytest.fail("EMR answered, or was not asked")
