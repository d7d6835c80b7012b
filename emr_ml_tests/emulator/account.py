"""The contents of the emulated account: what a stack created, and what it left behind."""

import json
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from emr_ml_tests.s3_server import S3

OWN_VPCS: dict[str, Any] = {"Filters": [{"Name": "is-default", "Values": ["false"]}]}
LISTINGS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("cloudformation", "describe_stacks", {}, "StackName"),
    ("iam", "list_roles", {}, "RoleName"),
    ("iam", "list_instance_profiles", {}, "InstanceProfileName"),
    ("iam", "list_policies", {"Scope": "Local"}, "PolicyName"),
    ("sns", "list_topics", {}, "TopicArn"),
    ("ec2", "describe_vpcs", OWN_VPCS, "VpcId"),
    ("ec2", "describe_nat_gateways", {}, "NatGatewayId"),
    ("ec2", "describe_addresses", {}, "PublicIp"),
    ("ec2", "describe_security_groups", {}, "GroupName"),
)


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
            yield from granted(document)

    def left(self) -> Iterator[str]:
        """What there is in the account but buckets, and what AWS itself has put there."""
        for service, operation, parameters, name in LISTINGS:
            # the first part of an answer is the list
            entries: list[dict[str, str]] = next(
                iter(getattr(self._client(service), operation)(**parameters).values())
            )
            yield from (
                f"{service} {each[name]}"
                for each in entries
                if each[name] != "default"
                # a NAT gateway is listed for a while after it is gone
                and each.get("State") != "deleted"
                # the account's own, for good
                and not each.get("Path", "").startswith("/aws-service-role/")
            )


def granted(policy: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each action that a policy allows, with each pattern of what it is on.

    A condition on a listing's prefix is written as in the record of calls: `arn:…?prefix=…`.
    """
    for statement in policy["Statement"]:
        prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix")
        below = [f"?prefix={prefix}" for prefix in _listed(prefixes)] if prefixes else [""]
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield from ((action, resource + each) for each in below)


def covers(statement: tuple[str, str], action: tuple[str, str]) -> bool:
    """Whether a statement, an action with a pattern of resources, allows an action on an ARN."""
    return statement[0] == action[0] and fnmatchcase(action[1], statement[1])


def forbidden(
    actions: Iterable[tuple[str, str]], statements: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The actions that no statement allows on their resources."""
    known = list(statements)
    return [one for one in sorted(actions) if not any(covers(each, one) for each in known)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
