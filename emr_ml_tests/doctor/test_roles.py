"""`emr-ml doctor` names a role that is missing, or that its service may not assume."""

import json
import uuid

import pytest

from emr_ml_tests.doctor.account import (
    ACCOUNT,
    client,
)
from emr_ml_tests.doctor.diagnosis import all_well, diagnosis, the_bad_one
from emr_ml_tests.emulator.arranged import ArrangedAws
from emr_ml_tests.emulator.surroundings import trust_in

pytestmark = pytest.mark.usefixtures("emulation")


@pytest.mark.parametrize(
    ("field", "check"),
    [("SERVICE_ROLE", "service role"), ("INSTANCE_PROFILE", "instance profile")],
)
@pytest.mark.usefixtures("aws")
def test_a_role_that_is_not_there(monkeypatch: pytest.MonkeyPatch, field: str, check: str) -> None:
    monkeypatch.setenv(f"EMR_ML_CLUSTER__{field}", "forgotten")

    said = the_bad_one()

    assert said.startswith(f"{check} forgotten does not exist. Fix: ")
    assert "aws emr create-default-roles" in said
    assert f"`{field.lower()}`" in said


@pytest.mark.usefixtures("aws")
def test_a_runtime_role_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/jobs"
    monkeypatch.setenv("EMR_ML_CLUSTER__RUNTIME_ROLE", role)
    monkeypatch.setenv("EMR_ML_CLUSTER__SECURITY_CONFIGURATION", "with-roles")

    assert the_bad_one().startswith(f"runtime role {role} does not exist. Fix: ")


@pytest.mark.usefixtures("aws")
def test_an_instance_profile_without_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"empty-{uuid.uuid4().hex}"
    client("iam").create_instance_profile(InstanceProfileName=name)
    monkeypatch.setenv("EMR_ML_CLUSTER__INSTANCE_PROFILE", name)

    assert the_bad_one().startswith(f"instance profile {name} has no role. Fix: ")


def test_roles_that_may_not_be_looked_at_are_not_bad(aws: ArrangedAws) -> None:
    for operation in ("GetRole", "GetInstanceProfile", "DescribeSubnets"):
        aws.refuse(operation, "AccessDenied", 403)

    found = diagnosis()

    assert found.bad == []
    for name in ("service role", "instance profile", "subnets"):
        assert any(line.startswith(f"{name} ") for line in found.skipped)


@pytest.mark.usefixtures("aws")
def test_a_service_role_that_emr_may_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"untaken-{uuid.uuid4().hex}"
    client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=trust_in("lambda.amazonaws.com")
    )
    monkeypatch.setenv("EMR_ML_CLUSTER__SERVICE_ROLE", name)

    said = the_bad_one()

    assert said.startswith(
        f"service role {name} does not allow elasticmapreduce.amazonaws.com to assume it. Fix: "
    )


@pytest.mark.usefixtures("aws")
def test_an_instance_profile_whose_role_nodes_may_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    iam, name = client("iam"), f"untaken-{uuid.uuid4().hex}"
    iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=trust_in("elasticmapreduce.amazonaws.com")
    )
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    monkeypatch.setenv("EMR_ML_CLUSTER__INSTANCE_PROFILE", name)

    assert the_bad_one().startswith(
        f"instance profile {name} does not allow ec2.amazonaws.com to assume it. Fix: correct"
    )


def trust_by(principal: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_runtime_role(monkeypatch: pytest.MonkeyPatch, trusted: str) -> str:
    """A role of steps that somebody may take; its ARN."""
    made = client("iam").create_role(
        RoleName=f"steps-{uuid.uuid4().hex}", AssumeRolePolicyDocument=trust_by(trusted)
    )
    monkeypatch.setenv("EMR_ML_CLUSTER__RUNTIME_ROLE", made["Role"]["Arn"])
    monkeypatch.setenv("EMR_ML_CLUSTER__SECURITY_CONFIGURATION", "safe")
    return made["Role"]["Arn"]


@pytest.mark.usefixtures("aws")
def test_a_runtime_role_that_only_another_of_the_account_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    role = make_runtime_role(monkeypatch, f"arn:aws:iam::{ACCOUNT}:user/somebody")

    assert the_bad_one().startswith(f"runtime role {role} does not allow ")


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", ["role/EMR_EC2_DefaultRole", "root"])
def test_a_runtime_role_that_nodes_may_take(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    make_runtime_role(monkeypatch, f"arn:aws:iam::{ACCOUNT}:{name}")

    all_well("runtime role")
