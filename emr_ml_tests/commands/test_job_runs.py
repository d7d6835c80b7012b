"""`emr-ml plan` and `compute` on EMR Serverless and EMR on EKS."""

import json
import uuid
from collections.abc import Generator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emr_ml.cli import main
from emr_ml.definitions import defs
from emr_ml.launchers.remote.service_model import mistakes
from emr_ml.launchers.serverless import live_applications
from emr_ml.launchers.serverless.live_applications import LiveApplication
from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN, a_serverless_run, an_application
from emr_ml_tests.emulator.server import Emulator, serve_as_mine
from emr_ml_tests.s3_server import S3

ROLE = "EMR_ML_SERVERLESS__EXECUTION_ROLE"


def said(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-serverless")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    monkeypatch.setenv(ROLE, RUNTIME_ROLE_ARN)
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture(name="aws")
def fixture_aws(
    emulation: None,  # noqa: ARG001 - what it sets up
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[Emulator]:
    with serve_as_mine(tmp_path, monkeypatch, speed=600.0) as aws:
        yield aws


@pytest.fixture(name="bucket")
def fixture_bucket(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> S3:
    bucket = aws.bucket(f"lake-{uuid.uuid4().hex}")
    monkeypatch.setenv("EMR_ML_LAKE", bucket.uri("lake"))
    return bucket


def test_the_plan_has_the_exact_request_of_every_job() -> None:
    planned = json.loads(said("plan", "--json").output)

    assert (
        list(mistakes("CreateApplication", planned["CreateApplication"], service="emr-serverless"))
        == []
    )
    jobs = {key.to_user_string() for key in defs.resolve_asset_graph().materializable_asset_keys}
    assert set(planned["StartJobRun"]) <= jobs
    request = planned["StartJobRun"]["lr_model"]
    assert request["name"] == "lr_model <version> #1"
    assert request["executionRoleArn"] == RUNTIME_ROLE_ARN
    # 4 vCPUs and 16 GB for the driver and each of two executors, at the prices of us-east-1
    expected = 3 * (4 * 0.052624 + 16 * 0.0057785)
    assert planned["hourly_usd"][0] == {"executors": 2, "usd": pytest.approx(expected)}


def test_the_plan_on_eks_has_the_exact_request_of_every_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-eks")
    monkeypatch.setenv("EMR_ML_EKS__EXECUTION_ROLE", RUNTIME_ROLE_ARN)
    monkeypatch.setenv("EMR_ML_EKS__VIRTUAL_CLUSTER_NAME", "ours")

    request = json.loads(said("plan", "--json").output)["StartJobRun"]["lr_model"]

    assert request["name"] == "lr_model/<version>/#1"
    assert request["virtualClusterId"] == "<virtual cluster>"
    assert list(mistakes("StartJobRun", request, service="emr-containers")) == []


def test_a_plan_for_people_has_prices_and_limits() -> None:
    shown = said("plan").output

    assert "StartJobRun for lr_model" in shown
    assert "an hour of one job with 2 executors: 0.91 USD at list prices" in shown
    assert "an idle application costs nothing and stops after 5 minutes" in shown


def test_a_plan_in_a_region_whose_prices_are_not_known_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    problem = "the list prices of EMR Serverless for X86_64 in eu-west-1 are"
    assert problem in said("plan").output
    assert problem in said("plan", "--json").stderr


def test_a_named_application_is_not_created(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_SERVERLESS__APPLICATION_ID", "00abc")

    planned = json.loads(said("plan", "--json").output)

    assert planned["CreateApplication"] is None
    assert planned["StartJobRun"]["lr_model"]["applicationId"] == "00abc"


def test_a_mistake_ends_the_plan_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_SERVERLESS__IDLE_MINUTES", "0")

    result = said("plan")

    assert result.exit_code == 1
    assert "EMR_ML_SERVERLESS__IDLE_MINUTES: idle_minutes: should be greater than" in result.output


def test_started_applications_are_shown_and_idle_ones_stopped(aws: Emulator, bucket: S3) -> None:
    idle = aws.serverless.put(an_application(name="emr-ml-0123456789ab"), "STARTED")
    busy = aws.serverless.put(an_application(name="emr-ml-ba9876543210"), "STARTED")
    other = aws.serverless.put(an_application(name="theirs"), "STARTED")
    job = a_serverless_run(busy.id, bucket.bucket, "s3://b/job.py")
    aws.serverless.put_job(busy, job, "RUNNING")

    shown = said("compute", "--terminate-idle").output

    assert f"{busy.id}  " in shown
    assert "1 active job run " in shown
    assert f"{idle.id} was idle and is stopping" in shown
    assert other.id not in shown
    assert (idle.unwanted, busy.unwanted, other.unwanted) == (True, False, False)


def test_json_has_the_started_applications(aws: Emulator) -> None:
    started = aws.serverless.put(an_application(name="emr-ml-0123456789ab"), "STARTED")

    (found,) = json.loads(said("compute", "--json").stdout)["emr-serverless"]

    assert (found["id"], found["state"], found["idle"]) == (started.id, "STARTED", True)
    assert found["since"].endswith("+00:00")


def test_a_missing_stack_does_not_hide_applications(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = aws.serverless.put(an_application(name="emr-ml-0123456789ab"), "STARTED")
    monkeypatch.delenv(ROLE)
    monkeypatch.setenv("EMR_ML_STACK", "gone")

    shown = said("compute")

    assert "there is no stack gone" in shown.stderr
    assert started.id in shown.stdout


def test_times_are_in_utc_as_they_are_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    tokyo = timezone(timedelta(hours=9))
    started = LiveApplication("00a", "ours", "STARTED", datetime(2026, 11, 2, 9, tzinfo=tokyo), 0)

    def only_one(*_: object) -> list[LiveApplication]:
        return [started]

    monkeypatch.setattr(live_applications, "live_applications", only_one)

    assert "since 2026-11-02 00:00 UTC" in said("compute").output


def test_clusters_is_another_name_of_the_command(aws: Emulator) -> None:
    del aws

    assert said("clusters").output == said("compute").output
    assert "no started application" in said("compute").output
