"""What is planned to go wrong goes wrong, and only that."""

import gzip
import time
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from emr_ml_tests.emulator.conftest import Lab, refusal
from emr_ml_tests.emulator.examples import a_cluster, a_step, until
from emr_ml_tests.emulator.faults import (
    cut,
    expired_token,
    hidden_clusters,
    hidden_steps,
    idle_end_before,
    instance_failure,
    lost_answer,
    server_error,
    slow_start,
    step_logs,
    subnet_full,
    throttle,
)


def impatient(lab: Lab, service: str) -> Any:
    """A client of the launcher's that sends nothing twice."""
    return lab.aws.client(service, "launcher", retries=False)


def test_a_call_whose_answer_is_lost_was_done_and_one_that_is_cut_was_not(lab: Lab) -> None:
    lab.aws.faults.add(lost_answer("RunJobFlow"), cut("RunJobFlow", skip=1))
    emr = impatient(lab, "emr")

    with pytest.raises(BotoCoreError):
        emr.run_job_flow(**a_cluster("nowhere", Name="lost"))
    with pytest.raises(BotoCoreError):
        emr.run_job_flow(**a_cluster("nowhere", Name="cut"))
    emr.run_job_flow(**a_cluster("nowhere", Name="fine"))

    assert [cluster.name for cluster in lab.aws.clusters] == ["lost", "fine"]
    assert [call.fault for call in lab.aws.calls.of("RunJobFlow")] == ["lost answer", "cut", ""]
    assert [one.subject for one in lab.aws.faults.befallen] == ["elasticmapreduce:RunJobFlow"] * 2


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (throttle("ListClusters", times=2), "ThrottlingException", 400),
        (server_error("elasticmapreduce:*", times=2), "InternalServerException", 500),
        (expired_token("*", times=2), "ExpiredTokenException", 400),
    ],
)
def test_a_call_is_refused_as_often_as_planned(
    lab: Lab, fault: Any, code: str, status: int
) -> None:
    lab.aws.faults.add(fault)
    emr = impatient(lab, "emr")

    for _ in range(2):
        with pytest.raises(ClientError) as error:
            emr.list_clusters()
        assert refusal(error).startswith(code)
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status  # pyright: ignore[reportTypedDictNotRequiredAccess]

    assert emr.list_clusters()["Clusters"] == []


def test_a_storm_lasts_as_long_as_planned_and_spares_who_watches(lab: Lab) -> None:
    lab.aws.faults.add(expired_token("*", seconds=120))
    emr = impatient(lab, "emr")
    refused = 0
    until_over = time.monotonic() + 10
    while time.monotonic() < until_over:
        lab.aws.client("emr").list_clusters()
        try:
            emr.list_clusters()
        except ClientError:
            refused += 1
        else:
            break

    lasted = [one.at for one in lab.aws.faults.befallen]
    assert refused > 1
    assert lasted[-1] - lasted[0] <= 120


@pytest.mark.parametrize(
    ("fault", "code"),
    [(throttle, "SlowDown"), (expired_token, "ExpiredToken"), (server_error, "InternalError")],
)
def test_s3_refuses_what_the_pattern_names(lab: Lab, fault: Any, code: str) -> None:
    bucket = lab.bucket.bucket
    lab.aws.faults.add(fault(f"s3:PutObject {bucket}/a/*/claim.json"))
    s3 = impatient(lab, "s3")

    s3.put_object(Bucket=bucket, Key="a/other.json", Body=b"1")
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="a/v/claim.json", Body=b"1")
    s3.put_object(Bucket=bucket, Key="a/v/claim.json", Body=b"2")

    assert refusal(error).startswith(code)


def test_an_object_whose_answer_is_lost_is_there(lab: Lab) -> None:
    lab.aws.faults.add(lost_answer("s3:PutObject"))
    s3 = impatient(lab, "s3")

    with pytest.raises(BotoCoreError):
        s3.put_object(Bucket=lab.bucket.bucket, Key="x", Body=b"1")

    assert s3.get_object(Bucket=lab.bucket.bucket, Key="x")["Body"].read() == b"1"


def test_a_refused_head_has_no_body(lab: Lab) -> None:
    lab.aws.faults.add(throttle("s3:GetObject"))
    lab.bucket.put("x")
    s3 = impatient(lab, "s3")

    with pytest.raises(ClientError) as error:
        s3.head_object(Bucket=lab.bucket.bucket, Key="x")

    assert refusal(error).startswith("503")
    assert s3.head_object(Bucket=lab.bucket.bucket, Key="x")["ContentLength"] > 0


def test_new_clusters_and_steps_are_hidden_from_lists_for_a_while_only(lab: Lab) -> None:
    lab.aws.faults.add(hidden_clusters(200), hidden_steps(200, "one"))
    cluster = lab.start()
    lab.add(cluster, a_step("one", "true"), a_step("two", "true"))

    def listed() -> list[str]:
        return [step["Name"] for step in lab.emr.list_steps(ClusterId=cluster.id)["Steps"]]

    assert lab.emr.list_clusters()["Clusters"] == []
    assert listed() == ["two"]
    assert lab.emr.describe_cluster(ClusterId=cluster.id)["Cluster"]["Id"] == cluster.id
    until(lambda: lab.emr.list_clusters()["Clusters"])
    until(lambda: listed() == ["two", "one"])


def test_a_slow_start_and_a_full_subnet(lab: Lab) -> None:
    lab.aws.faults.add(slow_start(600, "slow"), subnet_full())
    slow, full = lab.start(Name="slow"), lab.start(Name="full")

    until(lambda: full.state == "TERMINATED_WITH_ERRORS")

    assert slow.state == "STARTING"
    assert "InsufficientFreeAddressesInSubnet" in full.reason["Message"]
    until(lambda: slow.state == "WAITING")
    assert slow.ready
    assert slow.ready - slow.created >= 600


def test_the_cluster_may_end_between_a_look_and_a_step(lab: Lab) -> None:
    lab.aws.faults.add(idle_end_before("AddJobFlowSteps"))
    cluster = lab.started()

    with pytest.raises(ClientError) as error:
        lab.add(cluster, a_step("one", "true"))

    assert "shutting down" in refusal(error)
    assert cluster.ending
    assert cluster.ending.code == "ALL_STEPS_COMPLETED"


@pytest.mark.parametrize("left", ["RUNNING", "INTERRUPTED", "CANCELLED"])
def test_a_lost_node_ends_the_cluster_and_leaves_its_step_as_planned(lab: Lab, left: Any) -> None:
    lab.aws.faults.add(instance_failure("one", after=0.1, step_left=left))
    cluster = lab.started()
    lost, waiting = lab.add(cluster, a_step("one", "sleep", "60"), a_step("two", "true"))

    until(lambda: cluster.state == "TERMINATED_WITH_ERRORS")

    assert cluster.reason["Code"] == "INSTANCE_FAILURE"
    assert (lost.state, waiting.state) == (left, "CANCELLED")
    assert lost.program
    assert lost.program.poll() is not None


def test_a_process_may_survive_its_lost_node(lab: Lab) -> None:
    lab.aws.faults.add(instance_failure("one", after=0.1, process_survives=True))
    cluster = lab.started()
    (step,) = lab.add(cluster, a_step("one", "sleep", "60"))

    until(lambda: cluster.state == "TERMINATED_WITH_ERRORS")

    assert step.program
    assert step.program.poll() is None


def test_logs_may_be_missing_cut_off_plain_or_late(lab: Lab) -> None:
    for how in ("missing", "truncated", "plain", "late"):
        lab.aws.faults.add(step_logs(how, f"{how} one", seconds=100_000))
    cluster = lab.started(StepConcurrencyLevel=4)
    names = ("missing one", "truncated one", "plain one", "late one")
    steps = lab.add(cluster, *[a_step(name, "echo", "hello") for name in names])
    until(lambda: cluster.ended)

    found: dict[str, bytes] = {}
    for name, step in zip(names, steps, strict=True):
        key = f"logs/{cluster.id}/steps/{step.id}/stdout.gz"
        if lab.bucket.client.list_objects_v2(Bucket=lab.bucket.bucket, Prefix=key)["KeyCount"]:
            answer = lab.bucket.client.get_object(Bucket=lab.bucket.bucket, Key=key)
            found[name] = answer["Body"].read()

    assert set(found) == {"truncated one", "plain one"}
    assert found["plain one"] == b"hello\n"
    with pytest.raises(EOFError):
        gzip.decompress(found["truncated one"])
