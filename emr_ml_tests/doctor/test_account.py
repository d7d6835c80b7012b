"""`emr-ml doctor` on what only AWS knows: of a broken account it names the one thing."""

import json
import os
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from moto.cloudformation.models import cloudformation_backends

from emr_ml.stack.outputs import CLUSTER, SETTINGS
from emr_ml_tests.doctor.test_emr import client, make_bucket
from emr_ml_tests.doctor.test_machine import diagnosis, the_bad_one
from emr_ml_tests.emulator.arranged import ArrangedAws, arranged_aws
from emr_ml_tests.emulator.surroundings import trust_in
from emr_ml_tests.emulator.world import REGION

pytestmark = pytest.mark.usefixtures("emulation")

ACCOUNT = "123456789012"
STANDARD, SPOT = "L-1216C47A", "L-34B43A08"


@pytest.fixture(name="aws")
def fixture_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ArrangedAws]:
    monkeypatch.setattr("emr_ml.aws.time_limits.DOCTOR", 0.2)
    with arranged_aws(tmp_path, monkeypatch) as aws:
        yield aws


@pytest.fixture(name="bucket")
def fixture_bucket(
    aws: ArrangedAws,  # noqa: ARG001 - where the bucket is
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    bucket = make_bucket()
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    monkeypatch.setenv("EMR_ML_LAKE", f"s3://{bucket}/lake")
    return bucket


def give_quotas(aws: ArrangedAws, **vcpus: float) -> None:
    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        name = {STANDARD: "on_demand", SPOT: "spot"}[parameters["QuotaCode"]]
        return {"Quota": {"Value": vcpus[name]}}

    aws.answer("GetServiceQuota", answer)


def make_stack(monkeypatch: pytest.MonkeyPatch, *without: str) -> str:
    """A stack that gives what `emr-ml up` makes, as far as settings need it; its bucket."""
    ec2, bucket = client("ec2"), make_bucket()
    subnets = ec2.describe_subnets()["Subnets"][:2]
    outputs = {
        "Lake": f"s3://{bucket}/lake",
        "LogUri": f"s3://{bucket}/lake/logs/",
        "AlertTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts",
        "ServiceRole": "EMR_DefaultRole",
        "InstanceProfile": "EMR_EC2_DefaultRole",
        "Subnets": ",".join(subnet["SubnetId"] for subnet in subnets),
        **{name: "sg-12345678" for name in CLUSTER if name.endswith("SecurityGroup")},
        "SecurityConfiguration": "safe",
        "Packages": "index",
    }
    assert {*SETTINGS, *CLUSTER} - set(outputs) == {"RuntimeRole"}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {
            name: {"Value": value} for name, value in outputs.items() if name not in without
        },
    }
    name = f"stack-{uuid.uuid4().hex}"
    client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    monkeypatch.setenv("EMR_ML_STACK", name)
    return bucket


def test_a_stack_gives_all_that_is_needed(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_quotas(aws, on_demand=32.0, spot=32.0)
    make_stack(monkeypatch)

    found = diagnosis()

    assert (found.bad, found.exit_code) == ([], 0)
    assert {"stack", "bucket", "instance types", "on-demand quota", "spot quota"} < {*found.names}


@pytest.mark.usefixtures("aws")
def test_a_stack_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_STACK", "forgotten")

    said = the_bad_one()

    assert said.startswith("stack there is no stack forgotten in eu-west-1. Fix: create it with")


@pytest.mark.usefixtures("aws")
def test_a_stack_that_was_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    make_stack(monkeypatch)
    name = os.environ["EMR_ML_STACK"]
    stacks = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    next(each for each in stacks if each.name == name).status = "ROLLBACK_COMPLETE"

    assert (
        the_bad_one() == f"stack stack {name} is ROLLBACK_COMPLETE. Fix: repair it with `emr-ml up`"
    )


@pytest.mark.usefixtures("aws")
def test_a_stack_of_an_older_template(monkeypatch: pytest.MonkeyPatch) -> None:
    make_stack(monkeypatch, "SecurityConfiguration")

    said = the_bad_one()

    assert "has no output SecurityConfiguration. Fix: update it with `emr-ml up`" in said


@pytest.mark.usefixtures("bucket")
def test_instance_types_that_no_zone_offers(aws: ArrangedAws) -> None:
    aws.answer(
        "DescribeInstanceTypeOfferings",
        "<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet/>"
        "</DescribeInstanceTypeOfferingsResponse>",
    )

    said = the_bad_one()

    assert said.startswith("instance types eu-west-1a has none for primary, core, task; ")
    assert "Fix: set other `instance_types`" in said


@pytest.mark.usefixtures("bucket")
def test_a_quota_that_is_too_small_for_a_cluster(aws: ArrangedAws) -> None:
    give_quotas(aws, on_demand=5.0, spot=64.0)

    said = the_bad_one()

    assert said.startswith(
        "on-demand quota 5 vCPUs are allowed, but a cluster needs 8. Fix: request"
    )
    assert STANDARD in said


@pytest.mark.usefixtures("bucket")
def test_a_quota_that_can_not_be_asked_for_is_not_good(aws: ArrangedAws) -> None:
    aws.refuse("GetServiceQuota", "AccessDeniedException")

    found = diagnosis()

    assert found.skipped == [
        f"{name} quota not checked: not allowed to call GetServiceQuota (AccessDeniedException)"
        for name in ("on-demand", "spot")
    ]
    assert (found.bad, found.exit_code) == ([], 0)


@pytest.mark.usefixtures("bucket")
def test_quotas_count_the_instance_groups_of_an_override(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_quotas(aws, on_demand=20.0, spot=0.0)
    groups = "{InstanceFleets: null, MasterInstanceType: m5.xlarge, InstanceCount: 6}"
    monkeypatch.setenv("EMR_ML_CLUSTER__OVERRIDES", f"{{Instances: {groups}}}")

    said = the_bad_one()

    assert said.startswith("on-demand quota 20 vCPUs are allowed, but a cluster needs 24. Fix: ")


@pytest.mark.usefixtures("bucket")
def test_an_account_without_spot(aws: ArrangedAws) -> None:
    give_quotas(aws, on_demand=64.0, spot=0.0)

    assert the_bad_one().startswith("spot quota 0 vCPUs are allowed, but a cluster needs 8. Fix: ")


@pytest.mark.usefixtures("bucket")
def test_quotas_of_an_account_that_has_enough_are_told(aws: ArrangedAws) -> None:
    give_quotas(aws, on_demand=8.0, spot=8.0)

    assert diagnosis().bad == []


@pytest.mark.usefixtures("bucket")
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


@pytest.mark.usefixtures("bucket")
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


@pytest.mark.usefixtures("bucket")
def test_a_runtime_role_that_only_another_of_the_account_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    role = make_runtime_role(monkeypatch, f"arn:aws:iam::{ACCOUNT}:user/somebody")

    assert the_bad_one().startswith(f"runtime role {role} does not allow ")


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("name", ["role/EMR_EC2_DefaultRole", "root"])
def test_a_runtime_role_that_nodes_may_take(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    make_runtime_role(monkeypatch, f"arn:aws:iam::{ACCOUNT}:{name}")

    assert diagnosis().bad == []


def test_a_bucket_that_may_be_made_public(bucket: str) -> None:
    client("s3").delete_public_access_block(Bucket=bucket)

    said = the_bad_one()

    assert said.startswith(f"bucket {bucket} may be made public: BlockPublicAcls, ")


def test_a_bucket_whose_settings_may_not_be_read_is_not_called_private(
    aws: ArrangedAws, bucket: str
) -> None:
    aws.refuse("GetEncryptionConfiguration", "AccessDenied", 403)

    found = diagnosis()

    assert f"bucket {bucket}: not checked: its settings can't be read" in found.skipped
    assert found.bad == []


def test_a_bucket_that_does_not_encrypt(bucket: str) -> None:
    client("s3").delete_bucket_encryption(Bucket=bucket)

    assert the_bad_one().startswith(f"bucket {bucket} does not encrypt new objects. Fix")


@pytest.mark.usefixtures("aws")
def test_a_bucket_of_the_stack_that_keeps_no_versions_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = make_stack(monkeypatch)
    client("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
    )

    said = the_bad_one()

    assert said.startswith(f"bucket {bucket} keeps no versions, but stack stack-")
