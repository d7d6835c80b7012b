"""The sensor that warns about applications of EMR Serverless that stay started."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from emr_ml.sensors import shared_sensors
from emr_ml.sensors.idle_applications import idle_application_sensor
from emr_ml.settings import Deployment, Settings
from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN, a_serverless_run, an_application
from emr_ml_tests.emulator.faults import refuse
from emr_ml_tests.emulator.server import Emulator, serve_as_mine
from emr_ml_tests.emulator.serverless_application import Application

pytestmark = pytest.mark.usefixtures("emulation")

MINUTE = 60.0


@pytest.fixture(name="aws")
def fixture_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Emulator]:
    with serve_as_mine(tmp_path, monkeypatch, speed=1.0) as aws:
        yield aws


def idle(aws: Emulator, minutes: float, **more: Any) -> Application:
    """Return an application of the project that has been idle for so long."""
    request = an_application(name="emr-ml-0123456789ab", **more)
    application = aws.serverless.put(request, "STARTED")
    application.updated -= minutes * MINUTE
    return application


def settings(**more: Any) -> Settings:
    fields: dict[str, Any] = {
        "deployment": Deployment.EMR_SERVERLESS,
        "lake": "s3://bucket/lake",
        "serverless_fields": {"execution_role": RUNTIME_ROLE_ARN},
    }
    return Settings.model_validate(fields | more)


def tick(**more: Any) -> str:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance)
        data = idle_application_sensor(settings(**more)).evaluate_tick(context)
    assert data.run_requests == []
    return str(data.skip_message)


def test_an_application_that_should_have_stopped_is_named_with_what_to_do(aws: Emulator) -> None:
    application = idle(aws, 90.0)

    said = tick()

    assert said.startswith(f"application {application.id} (emr-ml-0123456789ab) has been started")
    assert "for 90 minutes, but should stop after 60. `emr-ml compute --terminate-idle`" in said


def test_only_initial_capacity_is_said_to_cost_money(aws: Emulator) -> None:
    worker = {"workerCount": 1, "workerConfiguration": {"cpu": "1 vCPU", "memory": "2 GB"}}
    idle(aws, 90.0, initialCapacity={"Driver": worker})

    assert "should stop after 60: its initial capacity costs money. `emr-ml" in tick()


def test_the_role_may_be_that_of_the_stack(aws: Emulator) -> None:
    outputs = {"Lake": "s3://b/lake", "AlertTopicArn": "arn", "ExecutionRole": RUNTIME_ROLE_ARN}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    client = aws.client("cloudformation")
    client.create_stack(StackName="ours", TemplateBody=json.dumps(template))

    try:
        assert tick(stack="ours", serverless_fields={}) == (
            "started applications: 0, none idle for too long"
        )
    finally:
        client.delete_stack(StackName="ours")  # moto's account outlives the server
    assert "could not be searched for: there is no stack ours in" in tick(stack="ours")


def test_of_one_that_never_stops_the_configured_timeout_counts(aws: Emulator) -> None:
    idle(aws, 12.0, autoStopConfiguration={"enabled": False})

    assert "for 12 minutes, but should stop after 5" in tick()


def test_an_application_that_is_busy_or_was_a_moment_ago_is_left_alone(aws: Emulator) -> None:
    busy, used = idle(aws, 90.0), idle(aws, 90.0)
    for application, state in ((busy, "RUNNING"), (used, "SUCCESS")):
        job = a_serverless_run(application.id, "bucket", "s3://b/job.py")
        aws.serverless.put_job(application, job, state)

    assert tick() == "started applications: 2, none idle for too long"


def test_a_refused_call_is_a_warning_and_does_not_fail_the_sensor(aws: Emulator) -> None:
    aws.faults.add(refuse("ListApplications", "AccessDeniedException", 403))

    said = tick()

    assert said.startswith("idle applications could not be searched for: not allowed to call List")


def test_only_a_deployment_on_emr_serverless_has_applications_to_watch() -> None:
    def names(settings: Settings) -> list[str]:
        return [sensor.name for sensor in shared_sensors(settings, [settings])]

    local = Settings(deployment=Deployment.LOCAL)  # pyright: ignore[reportCallIssue] - the others have defaults

    assert "idle_application_sensor" in names(settings())
    assert "old_cluster_sensor" not in names(settings())
    assert "idle_application_sensor" not in names(local)
