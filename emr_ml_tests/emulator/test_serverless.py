"""EMR Serverless as a caller sees it: tokens, job runs, and what they cost."""

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from emr_ml_tests.emulator.conftest import ServerlessLab, refusal
from emr_ml_tests.emulator.faults import (
    early_failure,
    expired_token,
    hidden_applications,
    lost_answer,
    refuse,
    server_error,
    slow_start,
    throttle,
)
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

    wait_until(lambda: job.ended)

    shown = serverless.describe(job)
    assert (shown["state"], shown["attempt"]) == ("FAILED", 1)
    assert shown["stateDetails"] == (
        "Job failed, please check complete logs in configured logging destination. "
        "ExitCode: 3. Last few exceptions: ValueError: no rows"
    )


def test_a_retry_policy_of_the_service_runs_the_job_again(serverless: ServerlessLab) -> None:
    application = serverless.create()
    job = serverless.start(application, FAILS, retryPolicy={"maxAttempts": 2})

    wait_until(lambda: job.ended)

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
    wait_until(lambda: job.ended)

    assert serverless.aws.states(job.id)[-2:] == ["CANCELLING", "CANCELLED"]
    assert job.program and job.program.poll() is not None
    assert job.ended and job.ended - before >= grace
    with pytest.raises(ClientError) as error:
        serverless.client.cancel_job_run(applicationId=application.id, jobRunId=job.id)
    assert refusal(error).startswith("ValidationException")


def test_a_job_run_that_waits_for_workers_is_cancelled_before_it_runs(
    serverless: ServerlessLab,
) -> None:
    serverless.aws.faults.add(slow_start(1e6, "one"))
    application = serverless.create()
    job = serverless.start(application, SLEEPS)
    wait_until(lambda: job.state == "SCHEDULED")

    serverless.client.cancel_job_run(applicationId=application.id, jobRunId=job.id)
    wait_until(lambda: job.ended)

    assert (job.state, job.program, job.worked) == ("CANCELLED", None, [])


def test_a_job_run_is_cancelled_by_its_execution_timeout(serverless: ServerlessLab) -> None:
    job = serverless.start(serverless.create(), SLEEPS, executionTimeoutMinutes=5)

    wait_until(lambda: job.ended)

    assert serverless.aws.states(job.id)[-2:] == ["CANCELLING", "CANCELLED"]
    assert 300 <= job.worked[0] < 36_000
    assert "execution timeout" in job.details


def test_an_ended_job_run_shows_what_it_used_and_what_is_billed_some_seconds_later(
    serverless: ServerlessLab,
) -> None:
    job = serverless.start(serverless.create(), SAYS)
    wait_until(lambda: job.ended)
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
    request = serverless.request(application, SAYS)

    def dashboard(state: str) -> str:
        job = serverless.aws.serverless.put_job(application, request, state)
        asked = {"applicationId": application.id, "jobRunId": job.id}
        return serverless.client.get_dashboard_for_job_run(**asked)["url"]

    for state in ("SUBMITTED", "QUEUED", "PENDING"):
        with pytest.raises(ClientError) as error:
            dashboard(state)
        assert refusal(error).startswith("ValidationException")
    for state in ("SCHEDULED", "RUNNING", "FAILED"):
        assert dashboard(state).startswith("https://")


def test_listings_show_newest_first_by_state_page_by_page(serverless: ServerlessLab) -> None:
    never_stops = {"enabled": False}
    application = serverless.create(autoStopConfiguration=never_stops)
    jobs = [serverless.start(application, SAYS, clientToken=f"{n}") for n in range(3)]
    wait_until(lambda: all(job.ended for job in jobs))
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


def test_new_applications_are_hidden_from_lists_for_a_while_only(
    serverless: ServerlessLab,
) -> None:
    serverless.aws.faults.add(hidden_applications(1e6))
    application = serverless.create()

    assert serverless.client.list_applications()["applications"] == []
    shown = serverless.client.get_application(applicationId=application.id)["application"]
    assert shown["applicationId"] == application.id
    assert application.hidden_until == application.created + 1e6
    application.hidden_until = serverless.aws.clock.now()
    assert serverless.client.list_applications()["applications"]


@pytest.mark.parametrize("stderr", ["", "java.lang.OutOfMemoryError\n"])
def test_a_job_run_may_fail_before_python_starts(serverless: ServerlessLab, stderr: str) -> None:
    serverless.aws.faults.add(early_failure("one", "not submitted", stderr))
    application = serverless.create()
    job = serverless.start(application, SAYS)

    wait_until(lambda: job.ended)

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
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status  # pyright: ignore[reportTypedDictNotRequiredAccess] - AWS always sends it
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
    wait_until(lambda: job.ended)
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
