"""Stacks of each kind that parameters make: it goes up, has what it is for, and goes down."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from moto.emr.models import emr_backends

from emr_ml_tests.commands.stacks import BUCKET, empty_aws, give_wheels, green, run
from emr_ml_tests.emulator.account import Account
from emr_ml_tests.emulator.cloudformation import NO_NOTION
from emr_ml_tests.emulator.server import Emulator
from emr_ml_tests.emulator.world import ACCOUNT, REGION

pytestmark = [
    pytest.mark.usefixtures("emulation"),
    pytest.mark.filterwarnings(f"ignore:{NO_NOTION}"),
]


class Variant:
    """A stack that is up, and what is in its account."""

    def __init__(self, aws: Emulator) -> None:
        self.client = aws.client
        self.account = Account(aws.client)

    def up(self, *args: str) -> dict[str, str]:
        """The outputs of the stack."""
        self.said = green("up", "--yes", *args)
        return self.account.outputs("emr-ml")

    def role(self, resource: str) -> str:
        """The name of a role of the stack."""
        listed = self.client("cloudformation").list_stack_resources(StackName="emr-ml")
        return next(
            each["PhysicalResourceId"]
            for each in listed["StackResourceSummaries"]
            if each["LogicalResourceId"] == resource
        )

    def policies(self, resource: str) -> set[str]:
        """The names of the policies of a role of the stack."""
        return {*self.client("iam").list_role_policies(RoleName=self.role(resource))["PolicyNames"]}

    def endpoints(self) -> set[str]:
        """The services that the VPC has endpoints for."""
        found = self.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
        there = (each for each in found if each["State"].lower() == "available")
        return {each["ServiceName"].rpartition(".")[2] for each in there}

    def gateways(self) -> list[dict[str, Any]]:
        found = self.client("ec2").describe_nat_gateways()["NatGateways"]
        return [each for each in found if each["State"] == "available"]

    def key_of_bucket(self) -> str | None:
        said = self.client("s3").get_bucket_encryption(Bucket=BUCKET)
        (rule,) = said["ServerSideEncryptionConfiguration"]["Rules"]
        return rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")

    def security(self) -> dict[str, Any]:
        """The security configuration, as the template gives it."""
        (made,) = emr_backends[ACCOUNT][REGION].security_configurations.values()
        said: Any = made.security_configuration
        return json.loads(said) if isinstance(said, str) else said

    def grantees(self, key: str) -> set[str]:
        found = self.client("kms").list_grants(KeyId=key)["Grants"]
        return {each["GranteePrincipal"].rpartition("/")[2] for each in found}


@pytest.fixture(name="stack")
def fixture_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Variant]:
    give_wheels(tmp_path, monkeypatch)
    with empty_aws(tmp_path, monkeypatch) as aws:
        emr_backends[ACCOUNT][REGION].security_configurations.clear()
        yield Variant(aws)


def test_by_default_nodes_reach_s3_and_nothing_else(stack: Variant) -> None:
    outputs = stack.up()

    assert outputs["Packages"] == "wheelhouse"
    assert not {"Key", "RuntimeRole"} & outputs.keys()
    assert (stack.endpoints(), stack.gateways()) == ({"s3"}, [])
    assert stack.key_of_bucket() is None
    assert stack.policies("InstanceRole") == {"nodes", "jobs"}
    assert "AuthorizationConfiguration" not in stack.security()
    green("down", "--yes")
    assert stack.endpoints() == set()


def test_a_key_that_the_stack_makes_is_on_bucket_and_disks_and_outlives_it(stack: Variant) -> None:
    key = stack.up("--kms-key", "create", "--nat", "yes")["Key"]

    assert stack.key_of_bucket() == key
    at_rest = stack.security()["EncryptionConfiguration"]["AtRestEncryptionConfiguration"]
    assert at_rest["LocalDiskEncryptionConfiguration"]["AwsKmsKey"] == key
    assert stack.policies("ServiceRole") == {"clusters", "key", "key-grants"}
    assert ("kms:Decrypt", key) in set(stack.account.rights("emr-ml"))
    assert stack.grantees(key) == {"AWSServiceRoleForEC2Spot"}

    left = green("down", "--yes")

    assert f"the next `emr-ml up --kms-key {key}` uses it again" in left
    assert stack.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    refused = run("up", "--yes", "--nat", "yes")
    assert refused.exit_code == 1
    assert refused.output.endswith(f"add --kms-key {key}\n")
    assert "Key" not in stack.up("--nat", "yes", "--kms-key", key)
    assert f"--kms-key {key}` uses it again" in green("down", "--yes")


def test_with_a_runtime_role_nodes_have_no_right_to_the_data(stack: Variant) -> None:
    outputs = stack.up("--runtime-role", "yes", "--api-endpoints", "yes")

    assert outputs["RuntimeRole"] == f"arn:aws:iam::{ACCOUNT}:role/{stack.role('StepRole')}"
    assert stack.policies("InstanceRole") == {"nodes", "step-role"}
    assert stack.policies("StepRole") == {"jobs"}
    allowed = stack.security()["AuthorizationConfiguration"]["IAMConfiguration"]
    assert allowed["EnableApplicationScopedIAMRole"] in (True, "true")
    assert (stack.endpoints(), stack.gateways()) == (
        {"s3", "elasticmapreduce", "sts", "kms"},
        [],
    )
    assert outputs["Packages"] == "wheelhouse"
    green("down", "--yes")
    assert stack.endpoints() == set()


def test_a_network_that_is_there_is_used_and_stays(stack: Variant) -> None:
    ec2 = stack.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{n}.0/24")["Subnet"]["SubnetId"]
        for n in range(2)
    ]
    vpcs = len(ec2.describe_vpcs()["Vpcs"])

    outputs = stack.up("--vpc", vpc, "--subnet-a", subnets[0], "--subnet-b", subnets[1])

    assert outputs["Subnets"] == ",".join(subnets)
    assert len(ec2.describe_vpcs()["Vpcs"]) == vpcs
    (group,) = ec2.describe_security_groups(GroupIds=[outputs["PrimarySecurityGroup"]])[
        "SecurityGroups"
    ]
    assert group["VpcId"] == vpc
    clusters = stack.client("iam").get_role_policy(
        RoleName=outputs["ServiceRole"], PolicyName="clusters"
    )
    assert all(subnet in json.dumps(clusters["PolicyDocument"]) for subnet in subnets)
    green("down", "--yes")
    assert {each["SubnetId"] for each in ec2.describe_subnets(SubnetIds=subnets)["Subnets"]} == {
        *subnets
    }


def test_nat_is_a_way_out_that_goes_with_the_stack(stack: Variant) -> None:
    outputs = stack.up("--nat", "yes")

    assert outputs["Packages"] == "index"
    assert len(stack.gateways()) == 1
    assert stack.endpoints() == {"s3"}
    green("down", "--yes")
    assert stack.gateways() == []


def test_without_tls_there_is_no_certificate(stack: Variant) -> None:
    outputs = stack.up("--nat", "yes", "--encrypt-in-transit", "no")

    assert "Certificate" not in outputs
    assert "certificate" not in stack.said
    assert "InTransitEncryptionConfiguration" not in stack.security()["EncryptionConfiguration"]


def test_for_emr_serverless_there_is_a_role_and_nothing_of_clusters(
    stack: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMR_ML_STACK", "emr-ml")
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-serverless")
    before = set(stack.account.left())

    outputs = stack.up("--kms-key", "create")

    assert outputs["ExecutionRole"] == f"arn:aws:iam::{ACCOUNT}:role/{stack.role('ExecutionRole')}"
    assert not {"ServiceRole", "Subnets", "Certificate", "Packages"} & outputs.keys()
    assert stack.policies("ExecutionRole") == {"jobs", "key"}
    assert {
        ("emr-serverless:CreateApplication", "*"),
        ("iam:PassRole", outputs["ExecutionRole"]),
    } <= {*stack.account.rights("emr-ml")}
    assert (stack.endpoints(), stack.gateways()) == (set(), [])
    assert stack.said.splitlines()[-1].endswith(
        "EMR_ML_DEPLOYMENT=emr-serverless EMR_ML_STACK=emr-ml AWS_REGION=eu-west-1 make run"
    )
    green("down", "--yes")
    assert set(stack.account.left()) - before == set()


def test_one_stack_may_have_both(stack: Variant) -> None:
    both = stack.up("--deployment", "both", "--nat", "yes")

    assert {"ServiceRole", "ExecutionRole"} <= both.keys()
    assert stack.policies("InstanceRole") == {"nodes", "jobs"}
    assert stack.policies("ExecutionRole") == {"jobs"}
    actions = {action for action, _ in stack.account.rights("emr-ml")}
    assert {"elasticmapreduce:RunJobFlow", "emr-serverless:StartJobRun"} <= actions
    green("down", "--yes")
    assert stack.gateways() == []
