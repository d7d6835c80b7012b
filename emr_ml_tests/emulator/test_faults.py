"""What is planned to go wrong goes wrong, and only that."""

import gzip
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from emr_ml_tests.emulator.conftest import Lab, refusal
from emr_ml_tests.emulator.examples import a_cluster, a_step
from emr_ml_tests.emulator.faults import (
    Fault,
    Faults,
    cut,
    expired_token,
    hidden_clusters,
    hidden_steps,
    instance_failure,
    lost_answer,
    server_error,
    step_logs,
    throttle,
)
from emr_ml_tests.waiting import wait_until


def impatient(lab: Lab, service: str) -> Any:
    """A client of the launcher's that sends nothing twice."""
    return lab.aws.client(service, "launcher", retries=False)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (throttle("Run*"), [0]),
        (throttle("RunJobFlow", times=2), [0, 1]),
        (throttle("RunJobFlow", skip=2), [2]),
        (throttle("RunJobFlow", seconds=25), [0, 1, 2]),
        (throttle("RunJobFlow", times=2, seconds=5), [0]),
        (throttle("RunJobFlow", chance=0.0), []),
        (throttle("ListSteps"), []),
    ],
)
def test_a_fault_affects_only_the_planned_calls(fault: Fault, expected: list[int]) -> None:
    """Of five calls, ten seconds after each other."""
    now = [0.0]
    faults = Faults(lambda: now[0], [fault])
    affected: list[int] = []
    for call in range(5):
        now[0] = call * 10.0
        if faults.take(["throttle"], "elasticmapreduce:RunJobFlow", "RunJobFlow"):
            affected.append(call)

    assert affected == expected
    assert faults.count("throttle") == len(expected)


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
    assert [one.subject for one in lab.aws.faults.occurrences] == [
        "elasticmapreduce:RunJobFlow"
    ] * 2


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
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status  # pyright: ignore[reportTypedDictNotRequiredAccess] - AWS always sends it

    assert emr.list_clusters()["Clusters"] == []


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


def test_new_clusters_and_steps_are_hidden_from_lists_for_a_while_only(lab: Lab) -> None:
    lab.aws.faults.add(hidden_clusters(200), hidden_steps(200, "one"))
    cluster = lab.start()
    lab.add(cluster, a_step("one", "true"), a_step("two", "true"))

    def listed() -> list[str]:
        return [step["Name"] for step in lab.emr.list_steps(ClusterId=cluster.id)["Steps"]]

    assert lab.emr.list_clusters()["Clusters"] == []
    assert listed() == ["two"]
    assert lab.emr.describe_cluster(ClusterId=cluster.id)["Cluster"]["Id"] == cluster.id
    wait_until(lambda: lab.emr.list_clusters()["Clusters"])
    wait_until(lambda: listed() == ["two", "one"])


@pytest.mark.parametrize("survives", [True, False])
def test_a_lost_node_ends_the_cluster_and_leaves_its_step_as_planned(
    lab: Lab, survives: bool
) -> None:
    lab.aws.faults.add(instance_failure("one", after=0.1, process_survives=survives))
    cluster = lab.started()
    lost, waiting = lab.add(cluster, a_step("one", "sleep", "60"), a_step("two", "true"))

    wait_until(lambda: cluster.state == "TERMINATED_WITH_ERRORS")

    assert cluster.reason["Code"] == "INSTANCE_FAILURE"
    assert (lost.state, waiting.state) == ("RUNNING", "CANCELLED")
    assert lost.program
    assert (lost.program.poll() is None) == survives


def test_logs_may_be_missing_cut_off_plain_or_late(lab: Lab) -> None:
    for how in ("missing", "truncated", "plain", "late"):
        lab.aws.faults.add(step_logs(how, f"{how} one", seconds=100_000))
    cluster = lab.started(StepConcurrencyLevel=4)
    names = ("missing one", "truncated one", "plain one", "late one")
    steps = lab.add(cluster, *[a_step(name, "echo", "hello") for name in names])
    wait_until(lambda: not any(step.active for step in steps))
    lab.emr.terminate_job_flows(JobFlowIds=[cluster.id])
    wait_until(lambda: cluster.ended)

    def logs() -> dict[str, bytes]:
        keys = {
            name: f"logs/{cluster.id}/steps/{step.id}/stdout.gz"
            for name, step in zip(names, steps, strict=True)
        }
        s3, bucket = lab.bucket.client, lab.bucket.bucket
        return {
            name: s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            for name, key in keys.items()
            if s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]
        }

    # logs are copied some time after a step has ended
    wait_until(lambda: len(logs()) == 2)
    stored = logs()
    assert set(stored) == {"truncated one", "plain one"}
    assert stored["plain one"] == b"hello\n"
    with pytest.raises(EOFError):
        gzip.decompress(stored["truncated one"])
