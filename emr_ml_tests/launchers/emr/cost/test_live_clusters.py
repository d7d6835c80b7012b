"""The latest time at which a cluster ends itself."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emr_ml.aws import SILENT_LOG
from emr_ml.aws.client import Api
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.cost.live_clusters import (
    ClusterDetails,
    describe_details,
    live_clusters,
)
from emr_ml_tests.emulator.arranged import ArrangedAws, arranged_aws
from emr_ml_tests.emulator.world import REGION

pytestmark = pytest.mark.usefixtures("emulation")

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CLUSTER = "j-LIVE"
NAME = "emr-ml emr 0123456789abcdef"
CONFIG = ClusterConfig.model_validate({"idle_timeout_seconds": 600, "step_limit_seconds": 3600})
LIMIT = timedelta(seconds=3600 + 60)  # a step is killed a minute after its limit
IDLE = timedelta(seconds=600)


@pytest.fixture(name="aws")
def fixture_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ArrangedAws]:
    with arranged_aws(tmp_path, monkeypatch) as aws:
        yield aws


def emr() -> Api:
    return Api("emr", 0.2, SILENT_LOG, REGION)


def read_details(now: datetime = NOON) -> ClusterDetails:
    (cluster,) = live_clusters(emr())
    return describe_details(emr(), cluster, CONFIG, now)


def test_only_living_clusters_of_this_project_are_listed(aws: ArrangedAws) -> None:
    for state in ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"):
        aws.add_cluster(f"j-{state}", NAME, state)
    for state in ("TERMINATING", "TERMINATED", "TERMINATED_WITH_ERRORS"):
        aws.add_cluster(f"j-{state}", NAME, state)
    aws.add_cluster("j-OTHER", "nightly emr-ml emr", "WAITING")

    found = [cluster.state for cluster in live_clusters(emr())]

    assert found == ["WAITING", "RUNNING", "BOOTSTRAPPING", "STARTING"], "the newest comes first"


def test_the_run_is_in_the_tags_or_else_in_the_name(aws: ArrangedAws) -> None:
    aws.add_cluster("j-1", NAME, "WAITING", run="ab12cd34-5678")
    aws.add_cluster("j-2", f"{NAME} run ef56ab78", "WAITING")
    aws.add_cluster("j-3", NAME, "WAITING")

    runs = [
        describe_details(emr(), cluster, CONFIG, NOON).run_id for cluster in live_clusters(emr())
    ]

    assert runs == ["", "ef56ab78", "ab12cd34-5678"]


def test_a_waiting_cluster_ends_its_idle_time_after_the_last_step(aws: ArrangedAws) -> None:
    aws.add_cluster(CLUSTER, NAME, "WAITING", since=NOON - 90 * MINUTE)
    aws.world.page = 50
    for minutes in (50, 4, 30):
        ended = NOON - minutes * MINUTE
        aws.add_step(CLUSTER, "step", "COMPLETED", started=ended - MINUTE, ended=ended)
    aws.add_step(CLUSTER, "cancelled before it began", "CANCELLED")

    details = read_details()

    assert details.active_steps == 0
    assert details.latest_end == NOON - 4 * MINUTE + IDLE


def test_a_cluster_that_never_had_a_step_is_idle_since_it_was_ready(aws: ArrangedAws) -> None:
    aws.add_cluster(CLUSTER, NAME, "WAITING", since=NOON - 10 * MINUTE)

    assert read_details().latest_end == NOON - 10 * MINUTE + timedelta(seconds=300) + IDLE


def test_a_running_step_may_take_until_its_own_limit(aws: ArrangedAws) -> None:
    aws.add_cluster(CLUSTER, NAME, "RUNNING")
    aws.add_step(CLUSTER, "step", "RUNNING", started=NOON - 20 * MINUTE, limit=7200)

    assert read_details().latest_end == NOON - 20 * MINUTE + timedelta(seconds=7260) + IDLE


def test_a_step_without_a_limit_in_its_command_has_the_configured_one(aws: ArrangedAws) -> None:
    aws.add_cluster(CLUSTER, NAME, "RUNNING")
    command = ("spark-submit", "job.py")
    aws.add_step(CLUSTER, "step", "RUNNING", started=NOON - 20 * MINUTE, command=command)

    assert read_details().latest_end == NOON - 20 * MINUTE + LIMIT + IDLE


def test_steps_in_the_queue_run_one_after_another(aws: ArrangedAws) -> None:
    aws.add_cluster(CLUSTER, NAME, "RUNNING")
    aws.add_step(CLUSTER, "first", "RUNNING", started=NOON, limit=3600)
    aws.add_step(CLUSTER, "second", "PENDING", limit=3600)
    aws.add_step(CLUSTER, "third", "PENDING", limit=3600)

    details = read_details()

    assert details.active_steps == 3
    assert details.latest_end == NOON + 3 * LIMIT + IDLE


def test_steps_that_run_side_by_side_do_not_wait_for_each_other(aws: ArrangedAws) -> None:
    aws.add_cluster(CLUSTER, NAME, "RUNNING", concurrency=2)
    aws.add_step(CLUSTER, "first", "RUNNING", started=NOON, limit=3600)
    aws.add_step(CLUSTER, "second", "RUNNING", started=NOON - 30 * MINUTE, limit=3600)
    aws.add_step(CLUSTER, "third", "PENDING", limit=3600)

    # the third takes the place of the second, which began earlier
    assert read_details().latest_end == NOON - 30 * MINUTE + 2 * LIMIT + IDLE


def test_a_cluster_that_starts_is_given_the_time_that_a_start_may_take(aws: ArrangedAws) -> None:
    aws.add_cluster(CLUSTER, NAME, "STARTING", since=NOON - 5 * MINUTE)
    start = timedelta(seconds=CONFIG.start_limit_seconds)

    assert read_details().latest_end == NOON - 5 * MINUTE + start + IDLE

    aws.add_step(CLUSTER, "step", "PENDING", limit=3600)
    assert read_details().latest_end == NOON - 5 * MINUTE + start + LIMIT + IDLE


def test_a_step_past_its_limit_is_about_to_end(aws: ArrangedAws) -> None:
    aws.add_cluster(CLUSTER, NAME, "RUNNING")
    aws.add_step(CLUSTER, "step", "CANCEL_PENDING", started=NOON - 300 * MINUTE, limit=3600)

    assert read_details().latest_end == NOON + IDLE
