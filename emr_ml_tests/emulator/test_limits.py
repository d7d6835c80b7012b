"""What EMR refuses before anything starts, and how many calls it takes."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emr_ml_tests.emulator.conftest import Lab, refusal
from emr_ml_tests.emulator.examples import a_cluster, a_fleet, a_step
from emr_ml_tests.emulator.server import serve

MASTER = a_fleet("MASTER", "m5.xlarge", on_demand=1)
GROUP = {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ReleaseLabel": "emr-9.9.9"}, "release label is invalid"),
    ({"Name": "x" * 257}, "length between 0 and 256"),
    ({"StepConcurrencyLevel": 257}, "between 1 and 256"),
    ({"AutoTerminationPolicy": {"IdleTimeout": 59}}, "between 60 and 604800"),
    ({"LogUri": "/var/log"}, "address of LogUri is invalid"),
    ({"Instances": {"InstanceFleets": [MASTER], "InstanceGroups": [GROUP]}}, "one and only one"),
    ({"Instances": {"InstanceFleets": []}}, "one and only one"),
    ({"Instances": {"InstanceFleets": [MASTER, MASTER]}}, "one MASTER fleet"),
    ({"Instances": {"InstanceFleets": [a_fleet("CORE", "m5.xlarge", on_demand=1)]}}, "one MASTER"),
    ({"Instances": {"InstanceFleets": [a_fleet("MASTER", "m5.huge", on_demand=1)]}}, "m5.huge"),
    ({"Instances": {"InstanceFleets": [a_fleet("MASTER", "m5.xlarge")]}}, "target capacity"),
    (
        {"Instances": {"InstanceFleets": [MASTER], "Ec2SubnetId": "a", "Ec2SubnetIds": ["b"]}},
        "not both",
    ),
    ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "tag aws:x is invalid"),
    ({"ScaleDownBehavior": "NEVER"}, "enum value set"),
    ({"Steps": [a_step(str(n), "true") for n in range(257)]}, "active steps"),
]
REFUSED_STEPS: list[tuple[dict[str, Any], str]] = [
    (a_step("one", "x" * 10_240), "10240 characters"),
    (a_step("x" * 257, "true"), "length between 0 and 256"),
    (a_step("one", "true", ActionOnFailure="CANCEL_AND_WAIT"), "concurrency level is above 1"),
    (a_step("one", "true", ActionOnFailure="NOTHING"), "enum value set"),
]


@pytest.mark.parametrize(("more", "why"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_cluster_out_of_bounds_is_refused(lab: Lab, more: dict[str, Any], why: str) -> None:
    with pytest.raises(ClientError) as error:
        lab.start(**more)

    assert refusal(error).startswith("ValidationException")
    assert why in refusal(error)
    assert lab.aws.clusters == []


@pytest.mark.parametrize(("step", "why"), REFUSED_STEPS, ids=lambda value: str(value)[:40])
def test_a_step_out_of_bounds_is_refused(lab: Lab, step: dict[str, Any], why: str) -> None:
    cluster = lab.start(StepConcurrencyLevel=2)

    with pytest.raises(ClientError) as error:
        lab.add(cluster, step)

    assert why in refusal(error)
    assert cluster.steps == []


def test_no_more_than_256_steps_are_active(lab: Lab) -> None:
    cluster = lab.start()
    lab.add(cluster, *[a_step(f"step {n}", "true") for n in range(256)])

    with pytest.raises(ClientError) as error:
        lab.add(cluster, a_step("one more", "true"))

    assert "active steps" in refusal(error)


def test_at_most_ten_steps_and_clusters_are_named_at_once(lab: Lab) -> None:
    cluster = lab.start()

    with pytest.raises(ClientError) as steps:
        lab.emr.list_steps(ClusterId=cluster.id, StepIds=["s-1"] * 11)
    with pytest.raises(ClientError) as clusters:
        lab.emr.terminate_job_flows(JobFlowIds=[cluster.id] * 11)

    assert "ValidationException" in refusal(steps)
    assert "ValidationException" in refusal(clusters)


def test_what_does_not_exist_is_named(lab: Lab) -> None:
    with pytest.raises(ClientError) as cluster:
        lab.emr.describe_cluster(ClusterId="j-0")
    with pytest.raises(ClientError) as flow:
        lab.emr.add_job_flow_steps(JobFlowId="j-0", Steps=[a_step("one", "true")])
    with pytest.raises(ClientError) as label:
        lab.emr.describe_release_label(ReleaseLabel="emr-0")

    assert refusal(cluster) == "InvalidRequestException: Cluster id 'j-0' is not valid."
    assert "does not exist" in refusal(flow)
    assert "emr-0" in refusal(label)


def test_a_release_names_its_spark(lab: Lab) -> None:
    answer = lab.emr.describe_release_label(ReleaseLabel="emr-spark-8.1.0")

    assert {"Name": "Spark", "Version": "4.1.1-amzn-0"} in answer["Applications"]


def test_a_role_of_steps_needs_a_security_configuration(lab: Lab) -> None:
    role = "arn:aws:iam::123456789012:role/job-role"
    request = {"Steps": [a_step("one", "true")], "ExecutionRoleArn": role}

    with pytest.raises(ClientError) as error:
        lab.emr.add_job_flow_steps(JobFlowId=lab.start().id, **request)
    secured = lab.start(SecurityConfiguration="with-roles")
    lab.emr.add_job_flow_steps(JobFlowId=secured.id, **request)

    assert "security configuration" in refusal(error)
    shown = lab.emr.describe_step(ClusterId=secured.id, StepId=secured.steps[0].id)
    assert shown["Step"]["ExecutionRoleArn"] == role


def test_calls_beyond_the_quota_are_throttled_until_tokens_come_back(tmp_path: Path) -> None:
    with serve(tmp_path, speed=1.0, default_roles=False, strict_roles=False) as aws:
        emr = aws.client("emr", "launcher", retries=False)
        cluster = emr.run_job_flow(**a_cluster("nowhere"))["JobFlowId"]

        def ask() -> str:
            try:
                emr.list_steps(ClusterId=cluster)
            except ClientError as error:
                return error.response["Error"]["Code"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
            return "fine"

        answers = [ask() for _ in range(14)]
        observed = [aws.client("emr").list_steps(ClusterId=cluster) for _ in range(14)]

    assert answers[:10] == ["fine"] * 10
    assert "ThrottlingException" in answers[10:]
    assert aws.calls.throttled()["ListSteps"] == answers.count("ThrottlingException")
    assert len(observed) == 14
