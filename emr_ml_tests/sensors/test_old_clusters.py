"""The sensor that warns about old clusters."""

import logging
import subprocess
import sys
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from emr_ml.project import ROOT
from emr_ml.sensors import shared_sensors
from emr_ml.sensors.old_clusters import old_cluster_sensor
from emr_ml.settings import Deployment, Settings
from emr_ml_tests.emulator.arranged import ArrangedAws, arranged_aws

pytestmark = pytest.mark.usefixtures("emulation")

NAME = "emr-ml emr 0123456789abcdef"
HOUR = timedelta(hours=1)


@pytest.fixture(name="aws")
def fixture_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ArrangedAws]:
    monkeypatch.setattr("emr_ml.aws.time_limits.SENSOR", 0.2)
    with arranged_aws(tmp_path, monkeypatch) as aws:
        yield aws


def settings(**changes: object) -> Settings:
    return Settings(deployment=Deployment.EMR, lake="s3://bucket/lake", **changes)  # pyright: ignore[reportArgumentType, reportCallIssue] - the others have defaults


def tick(**changes: object) -> tuple[str, list[str]]:
    """What the sensor says, and what it warns of in its log."""
    sensor = old_cluster_sensor(settings(**changes))
    warned: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno == logging.WARNING:
                warned.append(record.getMessage())

    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance)
        context.log.addHandler(Kept())
        data = sensor.evaluate_tick(context)
    assert data.run_requests == []
    assert data.skip_message
    return data.skip_message, warned


def test_an_old_cluster_is_named_with_age_end_link_and_what_to_do(aws: ArrangedAws) -> None:
    now = datetime.now(UTC)
    aws.add_cluster("j-OLD", NAME, "RUNNING", since=now - 30 * HOUR)
    aws.add_step("j-OLD", "step", "RUNNING", started=now - HOUR, limit=7200)
    aws.add_cluster("j-NEW", NAME, "WAITING", since=now - 23 * HOUR)

    said, warned = tick()

    assert warned == [said]
    ends = now - HOUR + timedelta(seconds=7200 + 60 + 300)
    for part in (
        f"cluster j-OLD ({NAME}) has been alive for 30.0 hours, longer than 24: RUNNING, ",
        f"ends by {ends:%Y-%m-%d %H:%M} UTC",
        "https://eu-west-1.console.aws.amazon.com/emr/home?region=eu-west-1#/clusterDetails/j-OLD",
        "aws emr terminate-clusters --cluster-ids j-OLD",
        "max_age_hours",
    ):
        assert part in said
    assert "j-NEW" not in said


def test_there_is_a_warning_for_every_old_cluster(aws: ArrangedAws) -> None:
    for number in range(3):
        aws.add_cluster(f"j-{number}", NAME, "WAITING", since=datetime.now(UTC) - 25 * HOUR)

    said, warned = tick()

    assert [f"j-{number}" in line for number, line in zip((2, 1, 0), warned, strict=True)] == [
        True
    ] * 3
    assert said.splitlines() == warned


def test_the_maximum_age_is_the_configured_one(aws: ArrangedAws) -> None:
    aws.add_cluster("j-ONE", NAME, "WAITING", since=datetime.now(UTC) - 2 * HOUR)

    assert tick()[1] == []
    assert "longer than 1.5" in tick(cluster_fields={"max_age_hours": 1.5})[0]


def test_without_an_old_cluster_there_is_no_warning(aws: ArrangedAws) -> None:
    aws.add_cluster("j-ONE", NAME, "WAITING", since=datetime.now(UTC) - 2 * HOUR)
    aws.add_cluster("j-OTHER", "another's", "WAITING", since=datetime.now(UTC) - 90 * HOUR)
    aws.add_cluster("j-DEAD", NAME, "TERMINATED", since=datetime.now(UTC) - 90 * HOUR)

    assert tick() == ("live clusters: 1, none older than 24 hours", [])


def test_there_is_a_warning_for_an_old_cluster_whose_end_is_unknown(aws: ArrangedAws) -> None:
    aws.add_cluster("j-OLD", NAME, "WAITING", since=datetime.now(UTC) - 30 * HOUR)
    aws.refuse("DescribeCluster", "AccessDeniedException")

    said, warned = tick()

    assert len(warned) == 1
    assert "its end is not known: not allowed to call DescribeCluster" in said


@pytest.mark.parametrize(
    ("code", "words"),
    [("AccessDeniedException", "not allowed to call ListClusters"), ("Throttling", "Throttling")],
)
def test_a_failed_call_is_a_warning_and_does_not_fail_the_sensor(
    aws: ArrangedAws, code: str, words: str
) -> None:
    aws.refuse("ListClusters", code)

    said, warned = tick()

    assert warned == [said]
    assert said.startswith("old clusters could not be searched for: ")
    assert words in said


def test_a_mistake_in_the_configuration_is_reported(aws: ArrangedAws) -> None:
    assert "max_age_hours" in tick(cluster_fields={"max_age_hours": "old"})[0]
    assert aws.calls == []


def test_the_sensor_runs_by_default_every_quarter_of_an_hour() -> None:
    sensor = old_cluster_sensor(settings())

    assert sensor.minimum_interval_seconds == 900
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    assert dg.Definitions(sensors=[sensor]).resolve_sensor_def("old_cluster_sensor") is sensor


def test_a_laptop_has_no_clusters_to_watch() -> None:
    settings = Settings(deployment=Deployment.LOCAL)  # pyright: ignore[reportCallIssue] - the others have defaults

    assert "old_cluster_sensor" not in [
        sensor.name for sensor in shared_sensors(settings, [settings])
    ]


def test_making_the_sensor_imports_no_boto3() -> None:
    code = (
        "import sys, emr_ml.sensors as s, emr_ml.settings as t; "
        "one = t.Settings(deployment=t.Deployment.EMR, lake='s3://b/l'); "
        "s.shared_sensors(one, [one]); "
        "print('boto3' in sys.modules)"
    )

    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert said.stdout.strip() == "False", said.stderr
