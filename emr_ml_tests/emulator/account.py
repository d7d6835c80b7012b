"""What is in the emulated account: what a stack made, and what it left behind."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from emr_ml_tests.s3_server import S3


class Account:
    """Looks into the account with clients that faults leave alone."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client

    def outputs(self, stack: str) -> dict[str, str]:
        """What a stack says of itself."""
        (described,) = self._client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}

    def lake(self, stack: str) -> S3:
        """The bucket that the stack's lake is in."""
        return S3(self.outputs(stack)["Lake"].split("/")[2], self._client("s3"))

    def rights(self, stack: str) -> Iterator[tuple[str, str]]:
        """Each action that the launcher's policies allow, with each pattern of what it is on."""
        iam = self._client("iam")
        for arn in self.outputs(stack)["LauncherPolicies"].split(","):
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            policy = iam.get_policy_version(PolicyArn=arn, VersionId=version)
            document = policy["PolicyVersion"]["Document"]
            document = json.loads(document) if isinstance(document, str) else document
            for statement in document["Statement"]:
                for action in _listed(statement["Action"]):
                    for resource in _listed(statement["Resource"]):
                        yield action, resource

    def left(self) -> Iterator[str]:
        """What there is in the account but buckets, and what AWS itself has put there."""
        iam, ec2 = self._client("iam"), self._client("ec2")
        for stack in self._client("cloudformation").describe_stacks()["Stacks"]:
            yield f"stack {stack['StackName']}"
        for role in iam.list_roles()["Roles"]:
            yield f"role {role['RoleName']}"
        for profile in iam.list_instance_profiles()["InstanceProfiles"]:
            yield f"instance profile {profile['InstanceProfileName']}"
        for policy in iam.list_policies(Scope="Local")["Policies"]:
            yield f"policy {policy['PolicyName']}"
        for topic in self._client("sns").list_topics()["Topics"]:
            yield f"topic {topic['TopicArn']}"
        for vpc in ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]:
            yield f"VPC {vpc['VpcId']}"
        for gateway in ec2.describe_nat_gateways()["NatGateways"]:
            yield f"NAT gateway {gateway['NatGatewayId']}"
        for address in ec2.describe_addresses()["Addresses"]:
            yield f"address {address['PublicIp']}"
        for group in ec2.describe_security_groups()["SecurityGroups"]:
            if group["GroupName"] != "default":
                yield f"security group {group['GroupName']}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
