"""What EMR refuses before anything starts, and how many calls it takes."""

from typing import Any

import pytest

from emr_ml_tests.emulator.examples import a_cluster, a_fleet, a_step
from emr_ml_tests.emulator.limits import check_run_job_flow, check_steps
from emr_ml_tests.emulator.quotas import Quotas
from emr_ml_tests.emulator.shapes import check
from emr_ml_tests.emulator.world import AwsError

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


def run_job_flow(**more: Any) -> None:
    request = a_cluster("logs", **more)
    check("RunJobFlow", request)
    check_run_job_flow(request)


def add_step(step: dict[str, Any]) -> None:
    check("AddJobFlowSteps", {"JobFlowId": "j-1", "Steps": [step]})
    check_steps([step], concurrency=2, active=0)


@pytest.mark.parametrize(("more", "why"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_cluster_out_of_bounds_is_refused(more: dict[str, Any], why: str) -> None:
    with pytest.raises(AwsError, match=why) as error:
        run_job_flow(**more)

    assert error.value.code == "ValidationException"


@pytest.mark.parametrize(("step", "why"), REFUSED_STEPS, ids=lambda value: str(value)[:40])
def test_a_step_out_of_bounds_is_refused(step: dict[str, Any], why: str) -> None:
    with pytest.raises(AwsError, match=why):
        add_step(step)


def test_no_more_than_256_steps_are_active() -> None:
    check_steps([a_step("the last", "true")], concurrency=1, active=255)

    with pytest.raises(AwsError, match="active steps"):
        check_steps([a_step("one more", "true")], concurrency=1, active=256)


def test_calls_beyond_the_quota_are_throttled_until_tokens_come_back() -> None:
    now = [0.0]
    quotas = Quotas(lambda: now[0])

    at_once = [quotas.allow("ListSteps") for _ in range(14)]
    now[0] += 2.0

    assert at_once == [True] * 10 + [False] * 4
    assert quotas.allow("ListSteps")
