"""EMR on EKS as a caller sees it: virtual clusters, tokens, job runs and their logs."""

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from emr_ml_tests.emulator.conftest import EksLab, refusal
from emr_ml_tests.emulator.faults import early_failure, lost_answer, throttle
from emr_ml_tests.emulator.rest import resource_arn
from emr_ml_tests.waiting import wait_until

SAYS = b"import os, sys; print(sys.argv[1:], os.environ.get('GREETING'))"
FAILS = b"import sys; sys.exit('ValueError: no rows')"
STUBBORN = b"""
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("ready").touch()
time.sleep(60)
"""


def test_a_job_run_completes_and_the_logs_of_its_pods_are_in_s3(eks: EksLab) -> None:
    parameters = "--conf spark.kubernetes.driverEnv.GREETING=hello"
    job = eks.start(SAYS, "a b", parameters=parameters)

    wait_until(lambda: job.ended)

    assert eks.aws.states(job.id) == ["PENDING", "SUBMITTED", "RUNNING", "COMPLETED"]
    shown = eks.describe(job)
    assert shown["createdAt"] < shown["finishedAt"]
    assert "failureReason" not in shown
    where = f"logs/{eks.cluster.id}/jobs/{job.id}/containers"
    driver = f"spark-{job.id}/spark-{job.id}-driver"
    assert eks.read(f"{where}/{driver}/stdout.gz") == "['a b'] hello\n"
    assert "driver pod" in eks.read(f"{where}/{job.id}-runner/stderr.gz")


def test_a_token_starts_one_job_run_and_belongs_to_one_request(eks: EksLab) -> None:
    eks.aws.faults.add(lost_answer("emr-containers:StartJobRun"))
    impatient = eks.aws.client("emr-containers", "launcher", retries=False)
    request = eks.request(SAYS)

    with pytest.raises(BotoCoreError):
        impatient.start_job_run(**request)
    again = impatient.start_job_run(**request)
    with pytest.raises(ClientError) as error:
        impatient.start_job_run(**request | {"name": "another"})

    assert refusal(error).startswith("ValidationException")
    assert [job.id for job in eks.aws.eks.job_runs] == [again["id"]]


def test_a_failed_job_run_gives_a_reason(eks: EksLab) -> None:
    job = eks.start(FAILS)

    wait_until(lambda: job.ended)

    shown = eks.describe(job)
    assert (shown["state"], shown["failureReason"]) == ("FAILED", "USER_ERROR")
    assert "exit code 1" in shown["stateDetails"]


def test_a_job_run_that_was_never_submitted_has_the_log_of_spark_submit_only(eks: EksLab) -> None:
    said = "forbidden: pods can't be created\n"
    eks.aws.faults.add(early_failure("one", "no pod", said, "CLUSTER_UNAVAILABLE"))
    job = eks.start(SAYS)

    wait_until(lambda: job.ended)

    assert eks.describe(job)["failureReason"] == "CLUSTER_UNAVAILABLE"
    where = f"logs/{eks.cluster.id}/jobs/{job.id}/containers/"
    assert eks.read(f"{where}{job.id}-runner/stderr.gz") == said
    listed = eks.bucket.client.list_objects_v2(Bucket=eks.bucket.bucket, Prefix=where)
    assert all("-runner/" in one["Key"] for one in listed.get("Contents", []))  # pyright: ignore[reportTypedDictNotRequiredAccess] - AWS always sends it


def test_a_cancelled_job_run_ends_even_if_it_hears_no_signal(eks: EksLab) -> None:
    job = eks.start(STUBBORN)
    wait_until(lambda: list(eks.aws.world.folder.glob("*/*/1/home/ready")))

    eks.client.cancel_job_run(id=job.id, virtualClusterId=eks.cluster.id)
    wait_until(lambda: job.ended)

    assert eks.aws.states(job.id)[-2:] == ["CANCEL_PENDING", "CANCELLED"]
    assert job.program and job.program.poll() is not None
    for asked in (job.id, "0unknown"):
        with pytest.raises(ClientError) as error:
            eks.client.cancel_job_run(id=asked, virtualClusterId=eks.cluster.id)
        assert refusal(error).startswith("ValidationException")


def test_the_service_s_own_retries_are_counted(eks: EksLab) -> None:
    job = eks.start(FAILS, retryPolicyConfiguration={"maxAttempts": 2})

    wait_until(lambda: job.ended)

    assert eks.describe(job)["retryPolicyExecution"] == {"currentAttemptCount": 2}


def test_listings_are_by_name_and_state(eks: EksLab) -> None:
    one = eks.start(SAYS)
    other = eks.start(SAYS, name="other", clientToken="other")
    wait_until(lambda: one.ended)

    def listed(**asked: Any) -> list[str]:
        asked |= {"virtualClusterId": eks.cluster.id}
        return [job["id"] for job in eks.client.list_job_runs(**asked)["jobRuns"]]

    assert listed(name="one", states=["COMPLETED"]) == [one.id]
    assert listed(states=["CANCELLED"]) == []
    assert listed() == [other.id, one.id]


def test_virtual_clusters_are_those_that_the_test_has_put_there(eks: EksLab) -> None:
    gone = eks.aws.eks.add_virtual_cluster("gone", "TERMINATED")

    running = eks.client.list_virtual_clusters(states=["RUNNING"])["virtualClusters"]
    shown = eks.client.describe_virtual_cluster(id=gone.id)["virtualCluster"]

    assert [(one["id"], one["name"]) for one in running] == [(eks.cluster.id, "emr-ml")]
    assert shown["state"] == "TERMINATED"
    with pytest.raises(ClientError) as error:
        eks.client.describe_virtual_cluster(id="0unknown")
    assert refusal(error).startswith("ResourceNotFoundException")
    with pytest.raises(ClientError, match="is TERMINATED"):
        eks.start(SAYS, virtualClusterId=gone.id)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "with spaces"}, "regular expression pattern"),
    ({"executionRoleArn": "arn:aws:iam::123456789012:role/nobody"}, "does not exist"),
    ({"releaseLabel": "emr-7.12.0"}, "release label"),
    ({"tags": {" ": "x"}}, "regular expression pattern"),
]


def test_a_job_run_out_of_bounds_is_refused(eks: EksLab) -> None:
    for more, why in REFUSED:
        with pytest.raises(ClientError, match=why) as error:
            eks.start(SAYS, **more)
        assert refusal(error).startswith("ValidationException")

    assert eks.aws.eks.job_runs == []


def test_calls_may_be_throttled_and_are_recorded_in_the_words_of_iam(eks: EksLab) -> None:
    eks.aws.faults.add(throttle("emr-containers:StartJobRun"))
    job = eks.start(SAYS)
    wait_until(lambda: job.ended)
    eks.describe(job)

    arn = resource_arn("emr-containers", {"virtualClusterId": eks.cluster.id})
    assert eks.aws.calls.throttled() == {"StartJobRun": 1}
    assert eks.aws.calls.actions("launcher") == {
        ("emr-containers:StartJobRun", arn),
        ("emr-containers:DescribeJobRun", f"{arn}/jobruns/{job.id}"),
    }
