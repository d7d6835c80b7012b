"""`emr-ml doctor` and `emr-ml compute` against the emulated AWS."""

import uuid
from collections.abc import Generator
from pathlib import Path

import pytest
from click.testing import CliRunner

from emr_ml.commands.compute.command import compute
from emr_ml.launchers.emr.cost import prices
from emr_ml_tests.doctor.diagnosis import diagnosis, the_bad_one
from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.examples import a_cluster, a_step
from emr_ml_tests.emulator.server import Emulator, serve_as_mine
from emr_ml_tests.s3_server import S3
from emr_ml_tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("emulation")


@pytest.fixture(name="aws")
def fixture_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Emulator]:
    prices.prices_of.cache_clear()
    with serve_as_mine(tmp_path, monkeypatch, speed=600.0) as aws:
        yield aws


@pytest.fixture(name="bucket")
def fixture_bucket(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> S3:
    bucket = aws.bucket(f"lake-{uuid.uuid4().hex}")
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    monkeypatch.setenv("EMR_ML_LAKE", bucket.uri("lake"))
    return bucket


def a_waiting_cluster(aws: Emulator, bucket: S3) -> Cluster:
    request = a_cluster(
        bucket.bucket,
        Name="emr-ml emr 0123456789abcdef",
        AutoTerminationPolicy={"IdleTimeout": 600_000},
        Tags=[{"Key": "run", "Value": "ab12cd34-0000"}],
    )
    aws.client("emr").run_job_flow(**request)
    (cluster,) = aws.clusters
    wait_until(lambda: cluster.state == "WAITING")
    return cluster


def said(*args: str) -> str:
    result = CliRunner().invoke(compute, args)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("bucket")
def test_the_rehearsals_set_up_is_good(aws: Emulator) -> None:
    found = diagnosis()

    assert (found.bad, found.exit_code) == ([], 0)
    assert {"EMR", "release label", "service role", "subnets", "packages"} < set(found.names)
    assert aws.clusters == []


@pytest.mark.usefixtures("bucket")
def test_expired_credentials_are_named(aws: Emulator) -> None:
    aws.faults.add(faults.expired_token("sts:*", seconds=1e9))

    assert the_bad_one().startswith("credentials the credentials have expired")


def test_a_waiting_cluster_is_shown_with_its_cost_and_ended(aws: Emulator, bucket: S3) -> None:
    cluster = a_waiting_cluster(aws, bucket)

    shown = said("--terminate-idle")

    assert f"{cluster.id} was idle and is terminating" in shown
    assert "run ab12cd34" in shown
    assert " on demand instance-hours; 0.0" in shown
    assert " USD" in shown
    wait_until(lambda: cluster.state == "TERMINATED")


def test_a_cluster_with_a_step_is_left_alone(aws: Emulator, bucket: S3) -> None:
    cluster = a_waiting_cluster(aws, bucket)
    aws.client("emr").add_job_flow_steps(JobFlowId=cluster.id, Steps=[a_step("long", "sleep", "9")])

    shown = said("--terminate-idle")

    assert "1 active step " in shown
    assert shown.endswith("no cluster is idle\n")
    assert cluster.state in ("WAITING", "RUNNING")
