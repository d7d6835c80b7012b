"""An application starts and stops by itself, and has job runs wait for their turn."""

import pytest
from botocore.exceptions import ClientError

from emr_ml_tests.emulator.conftest import ServerlessLab, refusal
from emr_ml_tests.emulator.faults import no_capacity
from emr_ml_tests.waiting import wait_until

SAYS = b"print(1)"
SLEEPS = b"import time; time.sleep(60)"


def test_an_application_starts_with_its_first_job_run_and_stops_when_it_is_idle(
    serverless: ServerlessLab,
) -> None:
    ten_minutes = {"enabled": True, "idleTimeoutMinutes": 10}
    application = serverless.create(autoStopConfiguration=ten_minutes)
    job = serverless.start(application, SAYS)

    wait_until(lambda: application.state == "STOPPED")

    assert serverless.aws.states(application.id) == [
        *("CREATING", "CREATED", "STARTING", "STARTED", "STOPPING", "STOPPED")
    ]
    assert serverless.aws.states(job.id) == [
        *("SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "SUCCESS")
    ]
    assert job.ended and application.updated - job.ended > 600
    with pytest.raises(ClientError) as error:
        serverless.client.get_application(applicationId="0unknown")
    assert refusal(error).startswith("ResourceNotFoundException")


def test_job_runs_beyond_the_limit_wait_in_the_queue_in_their_order(
    serverless: ServerlessLab,
) -> None:
    application = serverless.create(schedulerConfiguration={"maxConcurrentRuns": 1})
    first, second, third = (
        serverless.start(application, SLEEPS, clientToken=f"{n}", name=f"{n}") for n in range(3)
    )
    wait_until(lambda: first.state == "RUNNING")
    wait_until(lambda: (second.state, third.state) == ("QUEUED", "QUEUED"))

    serverless.client.cancel_job_run(applicationId=application.id, jobRunId=first.id)
    wait_until(lambda: second.state == "RUNNING")

    assert third.state == "QUEUED"
    assert serverless.describe(second)["queuedDurationMilliseconds"] > 0


def test_job_runs_wait_for_the_capacity_of_the_application(serverless: ServerlessLab) -> None:
    capacity = {"cpu": "2 vCPU", "memory": "6 GB"}
    application = serverless.create(maximumCapacity=capacity)
    first = serverless.start(application, SLEEPS)
    wait_until(lambda: first.state == "RUNNING")
    second = serverless.start(application, SAYS, clientToken="two")
    wait_until(lambda: second.state == "SCHEDULED")

    assert second.id not in application.holds
    serverless.client.cancel_job_run(applicationId=application.id, jobRunId=first.id)
    wait_until(lambda: second.state == "SUCCESS")


def test_an_application_is_stopped_before_it_is_deleted(serverless: ServerlessLab) -> None:
    application = serverless.create()
    job = serverless.start(application, SLEEPS)
    wait_until(lambda: job.state == "RUNNING")
    client, asked = serverless.client, {"applicationId": application.id}

    for refused in (client.stop_application, client.delete_application):
        with pytest.raises(ClientError) as error:
            refused(**asked)
        assert refusal(error).startswith("ValidationException")
    client.cancel_job_run(**asked, jobRunId=job.id)
    wait_until(lambda: job.ended)
    client.stop_application(**asked)
    wait_until(lambda: application.state == "STOPPED")
    client.delete_application(**asked)

    assert application.state == "TERMINATED"
    with pytest.raises(ClientError) as error:
        serverless.start(application, SAYS, clientToken="late")
    assert refusal(error).startswith("ConflictException")


def test_an_application_without_auto_start_takes_no_job_run_before_it_is_started(
    serverless: ServerlessLab,
) -> None:
    application = serverless.create(autoStartConfiguration={"enabled": False})
    wait_until(lambda: application.state == "CREATED")

    with pytest.raises(ClientError) as error:
        serverless.start(application, SAYS)
    serverless.client.start_application(applicationId=application.id)
    wait_until(lambda: application.state == "STARTED")
    job = serverless.start(application, SAYS)

    assert refusal(error).startswith("ConflictException")
    wait_until(lambda: job.state == "SUCCESS")


def test_without_capacity_the_application_is_stopped_and_its_job_runs_fail(
    serverless: ServerlessLab,
) -> None:
    serverless.aws.faults.add(no_capacity(details="no capacity in this zone"))
    application = serverless.create()
    job = serverless.start(application, SAYS)

    wait_until(lambda: job.ended)

    assert (job.state, job.details) == ("FAILED", "no capacity in this zone")
    assert application.state == "STOPPED"
    again = serverless.start(application, SAYS, clientToken="two")
    wait_until(lambda: again.state == "SUCCESS")
