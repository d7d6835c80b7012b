"""EMR Serverless as a caller sees it: applications, tokens, job runs, and what they cost."""

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from emr_ml_tests.emulator.conftest import ServerlessLab, refusal
from emr_ml_tests.emulator.faults import (
    early_failure,
    expired_token,
    hidden_applications,
    hidden_job_runs,
    lost_answer,
    no_capacity,
    refuse,
    server_error,
    throttle,
)
from emr_ml_tests.emulator.job_runs import JobRun
from emr_ml_tests.emulator.rest import resource_arn
from emr_ml_tests.waiting import wait_until

SAYS = b"import os, sys; print(sys.argv[1:], os.environ.get('GREETING'), os.listdir('.'))"
FAILS = b"import sys; sys.stderr.write('ValueError: no rows\\n'); sys.exit(3)"
SLEEPS = b"import time; time.sleep(60)"
STUBBORN = b"""
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("ready").touch()
time.sleep(60)
"""


def states(lab: ServerlessLab, subject: str) -> list[str]:
    """The states of an application or a job run, in their order."""
    seen = [one.what.split()[0] for one in lab.aws.world.events if one.subject == subject]
    return list(dict.fromkeys(seen))


def over(job: JobRun) -> bool:
    return job.ended is not None


def test_an_application_starts_with_its_first_job_run_and_stops_when_it_is_idle(
    serverless: ServerlessLab,
) -> None:
    ten_minutes = {"enabled": True, "idleTimeoutMinutes": 10}
    application = serverless.create(autoStopConfiguration=ten_minutes)
    job = serverless.start(application, SAYS)

    wait_until(lambda: application.state == "STOPPED")

    assert states(serverless, application.id) == [
        *("CREATING", "CREATED", "STARTING", "STARTED", "STOPPING", "STOPPED")
    ]
    assert states(serverless, job.id) == [
        *("SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "SUCCESS")
    ]
    assert job.ended and application.updated - job.ended > 600
    with pytest.raises(ClientError) as error:
        serverless.client.get_application(applicationId="0unknown")
    assert refusal(error).startswith("ResourceNotFoundException")


def test_the_driver_gets_its_arguments_environment_and_log_in_s3(serverless: ServerlessLab) -> None:
    application = serverless.create()
    job = serverless.start(
        application, SAYS, "a b", "$HOME",
        parameters="--conf spark.emr-serverless.driverEnv.GREETING='hello you'",
    )  # fmt: skip

    where = f"logs/applications/{application.id}/jobs/{job.id}/SPARK_DRIVER"
    assert serverless.read(f"{where}/stdout.gz") == "['a b', '$HOME'] hello you []\n"
    assert serverless.read(f"{where}/stderr.gz") == ""


def test_a_token_starts_one_job_run_and_belongs_to_one_request(serverless: ServerlessLab) -> None:
    application = serverless.create()
    serverless.aws.faults.add(lost_answer("emr-serverless:StartJobRun"))
    impatient = serverless.aws.client("emr-serverless", "launcher", retries=False)
    request = serverless.request(application, SAYS)

    with pytest.raises(BotoCoreError):
        impatient.start_job_run(**request)
    again = impatient.start_job_run(**request)
    with pytest.raises(ClientError) as error:
        impatient.start_job_run(**request | {"name": "another"})
    other = impatient.start_job_run(**request | {"clientToken": "one-2"})

    assert refusal(error).startswith("ConflictException")
    assert [job.id for job in application.jobs] == [again["jobRunId"], other["jobRunId"]]
    assert serverless.create().id == application.id


def test_a_failure_tells_the_exit_code_and_the_last_errors(serverless: ServerlessLab) -> None:
    job = serverless.start(serverless.create(), FAILS)

    wait_until(lambda: over(job))

    shown = serverless.describe(job)
    assert (shown["state"], shown["attempt"]) == ("FAILED", 1)
    assert shown["stateDetails"] == (
        "Job failed, please check complete logs in configured logging destination. "
        "ExitCode: 3. Last few exceptions: ValueError: no rows"
    )


def test_a_retry_policy_of_the_service_runs_the_job_again(serverless: ServerlessLab) -> None:
    application = serverless.create()
    job = serverless.start(application, FAILS, retryPolicy={"maxAttempts": 2})

    wait_until(lambda: over(job))

    attempts = serverless.client.list_job_run_attempts(
        applicationId=application.id, jobRunId=job.id
    )["jobRunAttempts"]
    assert [(one["attempt"], one["state"]) for one in attempts] == [(1, "FAILED"), (2, "FAILED")]
    assert len(job.worked) == 2


@pytest.mark.parametrize("grace", [0, 600])
def test_a_cancelled_job_run_ends_even_if_it_hears_no_signal(
    serverless: ServerlessLab, grace: int
) -> None:
    application = serverless.create()
    job = serverless.start(application, STUBBORN)
    wait_until(lambda: list(serverless.aws.world.folder.glob("*/*/1/home/ready")))
    before = serverless.aws.clock.now()

    serverless.client.cancel_job_run(
        applicationId=application.id, jobRunId=job.id, shutdownGracePeriodInSeconds=grace
    )
    wait_until(lambda: over(job))

    assert states(serverless, job.id)[-2:] == ["CANCELLING", "CANCELLED"]
    assert job.program and job.program.poll() is not None
    assert job.ended and job.ended - before >= grace
    with pytest.raises(ClientError) as error:
        serverless.client.cancel_job_run(applicationId=application.id, jobRunId=job.id)
    assert refusal(error).startswith("ValidationException")


def test_a_job_run_that_waits_for_workers_is_cancelled_before_it_runs(
    serverless: ServerlessLab,
) -> None:
    application = serverless.create(autoStartConfiguration={"enabled": True})
    job = serverless.start(application, SLEEPS)

    serverless.client.cancel_job_run(applicationId=application.id, jobRunId=job.id)
    wait_until(lambda: over(job))

    assert (job.state, job.program, job.worked) == ("CANCELLED", None, [])


def test_a_job_run_is_cancelled_by_its_execution_timeout(serverless: ServerlessLab) -> None:
    job = serverless.start(serverless.create(), SLEEPS, executionTimeoutMinutes=5)

    wait_until(lambda: over(job))

    assert states(serverless, job.id)[-2:] == ["CANCELLING", "CANCELLED"]
    assert 300 <= job.worked[0] < 3000
    assert "execution timeout" in job.details


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


def test_an_ended_job_run_shows_what_it_used_and_what_is_billed_some_seconds_later(
    serverless: ServerlessLab,
) -> None:
    job = serverless.start(serverless.create(), SAYS)
    wait_until(lambda: over(job))
    wait_until(lambda: serverless.describe(job).get("billedResourceUtilization"))

    shown = serverless.describe(job)
    hours = max(job.worked[0], 60) / 3600
    used, billed = shown["totalResourceUtilization"], shown["billedResourceUtilization"]
    # a driver and an executor of one vCPU and, with overhead, three GB
    assert billed["vCPUHour"] == pytest.approx(2 * hours, abs=0.002)
    assert billed["memoryGBHour"] == pytest.approx(6 * hours, abs=0.006)
    assert (billed["storageGBHour"], used["storageGBHour"] > 0) == (0, True)
    assert shown["totalExecutionDurationSeconds"] == int(job.worked[0])


def test_a_job_run_has_a_dashboard_only_once_it_has_been_scheduled(
    serverless: ServerlessLab,
) -> None:
    application = serverless.create()
    job = serverless.start(application, SAYS)
    asked = {"applicationId": application.id, "jobRunId": job.id}

    with pytest.raises(ClientError) as error:
        serverless.client.get_dashboard_for_job_run(**asked)
    wait_until(lambda: over(job))

    assert refusal(error).startswith("ValidationException")
    assert serverless.client.get_dashboard_for_job_run(**asked)["url"].startswith("https://")


def test_listings_show_newest_first_by_state_page_by_page(serverless: ServerlessLab) -> None:
    application = serverless.create()
    jobs = [serverless.start(application, SAYS, clientToken=f"{n}") for n in range(3)]
    wait_until(lambda: all(map(over, jobs)))
    client = serverless.client

    pages = client.get_paginator("list_job_runs").paginate(
        applicationId=application.id,
        states=["SUCCESS", "FAILED"],
        createdAtAfter=jobs[0].created - 1,
        PaginationConfig={"PageSize": 2},
    )

    listed = [[job["id"] for job in page["jobRuns"]] for page in pages]
    assert listed == [[jobs[2].id, jobs[1].id], [jobs[0].id]]
    assert client.list_job_runs(applicationId=application.id, states=["RUNNING"])["jobRuns"] == []
    (shown,) = client.list_applications(states=["STARTED"])["applications"]
    assert (shown["id"], shown["name"]) == (application.id, "emr-ml-test")


def test_new_applications_and_job_runs_are_hidden_from_lists_for_a_while_only(
    serverless: ServerlessLab,
) -> None:
    serverless.aws.faults.add(hidden_applications(300), hidden_job_runs(300))
    application = serverless.create()
    job = serverless.start(application, SAYS)

    assert serverless.client.list_applications()["applications"] == []
    assert serverless.client.list_job_runs(applicationId=application.id)["jobRuns"] == []
    assert serverless.describe(job)["jobRunId"] == job.id
    wait_until(lambda: serverless.client.list_applications()["applications"])
    wait_until(lambda: serverless.client.list_job_runs(applicationId=application.id)["jobRuns"])


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
    wait_until(lambda: over(job))
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

    wait_until(lambda: over(job))

    assert (job.state, job.details) == ("FAILED", "no capacity in this zone")
    assert application.state == "STOPPED"
    again = serverless.start(application, SAYS, clientToken="two")
    wait_until(lambda: again.state == "SUCCESS")


@pytest.mark.parametrize("stderr", ["", "java.lang.OutOfMemoryError\n"])
def test_a_job_run_may_fail_before_python_starts(serverless: ServerlessLab, stderr: str) -> None:
    serverless.aws.faults.add(early_failure("one", "not submitted", stderr))
    application = serverless.create()
    job = serverless.start(application, SAYS)

    wait_until(lambda: over(job))

    assert (job.state, job.details, job.started) == ("FAILED", "not submitted", None)
    if stderr:
        where = f"logs/applications/{application.id}/jobs/{job.id}/SPARK_DRIVER/stderr.gz"
        assert serverless.read(where) == stderr


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (throttle("emr-serverless:ListApplications"), "ThrottlingException", 429),
        (server_error("emr-serverless:*"), "InternalServerException", 500),
        (expired_token("ListApplications"), "ExpiredTokenException", 403),
        (
            refuse("emr-serverless:ListApplications", "AccessDeniedException", 403, times=1),
            "AccessDeniedException",
            403,
        ),
    ],
)
def test_a_call_is_refused_as_planned(
    serverless: ServerlessLab, fault: Any, code: str, status: int
) -> None:
    serverless.aws.faults.add(fault)
    impatient = serverless.aws.client("emr-serverless", "launcher", retries=False)

    with pytest.raises(ClientError) as error:
        impatient.list_applications()

    assert refusal(error).startswith(code)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status  # pyright: ignore[reportTypedDictNotRequiredAccess]
    assert impatient.list_applications()["applications"] == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"clientToken": "a b"}, "regular expression pattern"),
    ({"name": "x" * 257}, "length between 1 and 256"),
    ({"executionRoleArn": "arn:aws:iam::123456789012:role/nobody"}, "does not exist"),
    ({"executionRoleArn": "arn:aws:iam::123456789012:role/EMR_DefaultRole"}, "can't be assumed"),
    ({"parameters": "--conf spark.driver.cores=3"}, "1, 2, 4, 8 or 16 vCPUs"),
    ({"parameters": "--conf spark.driver.memory=8g"}, "at most 8 GB"),
    ({"parameters": "--conf spark.emr-serverless.driver.disk=500g"}, "between 20 and 200 GB"),
    ({"retryPolicy": {"maxAttempts": 11}}, "at most 10"),
    ({"jobDriver": {"hive": {"query": "select 1"}}}, "is sparkSubmit"),
    ({"tags": {"a": "50 %"}}, "regular expression pattern"),
]


def test_a_job_run_out_of_bounds_is_refused(serverless: ServerlessLab) -> None:
    application = serverless.create()
    wait_until(lambda: application.state == "CREATED")

    for more, why in REFUSED:
        with pytest.raises(ClientError, match=why) as error:
            serverless.start(application, SAYS, **more)
        assert refusal(error).startswith("ValidationException")

    assert application.jobs == []


def test_calls_are_recorded_in_the_words_of_iam(serverless: ServerlessLab) -> None:
    application = serverless.create(tags={"a": "b"})
    job = serverless.start(application, SAYS)
    arn = resource_arn("emr-serverless", {"applicationId": application.id})
    serverless.client.tag_resource(resourceArn=arn, tags={"c": "d"})
    tags = serverless.client.list_tags_for_resource(resourceArn=arn)["tags"]
    wait_until(lambda: over(job))
    serverless.describe(job)

    assert tags == {"a": "b", "c": "d"}
    assert serverless.aws.calls.actions("launcher") == {
        ("emr-serverless:CreateApplication", "*"),
        ("emr-serverless:TagResource", "*"),
        ("emr-serverless:StartJobRun", arn),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/EMRRuntimeRole"),
        ("emr-serverless:TagResource", arn),
        ("emr-serverless:ListTagsForResource", arn),
        ("emr-serverless:GetJobRun", f"{arn}/jobruns/{job.id}"),
    }
    script = f"arn:aws:s3:::{serverless.bucket.bucket}/job.py"
    assert serverless.aws.calls.actions("node") == {("s3:GetObject", script)}
