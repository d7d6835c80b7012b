"""What an account needs besides the stack: service-linked roles, and a grant for spot instances."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emr_ml.stack.account import create_linked_roles, grant_key_to_spot
from emr_ml_tests.stack.cloudformation import STACK_ID
from emr_ml_tests.stack.contexts import KEY

ROLE = "role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"


class Iam:
    """An account with the roles of these services, which may make others or not."""

    def __init__(self, *existing: str, refuses: bool = False) -> None:
        self.existing, self.refuses = list(existing), refuses

    def ask(self, operation: str, AWSServiceName: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        assert operation == "create_service_linked_role"
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, operation)
        if AWSServiceName in self.existing:
            message = f"Service role name of {AWSServiceName} has been taken in this account"
            raise ClientError({"Error": {"Code": "InvalidInput", "Message": message}}, operation)
        self.existing.append(AWSServiceName)
        return {}


def made(iam: Any, *outputs: str) -> list[str]:
    return list(create_linked_roles(iam, dict.fromkeys(outputs or ["ServiceRole"], "role")))


def test_a_new_account_gets_those_that_the_stack_needs() -> None:
    of_clusters = ["elasticmapreduce.amazonaws.com", "spot.amazonaws.com"]

    assert made(Iam(), "ServiceRole") == of_clusters
    assert made(Iam(), "ExecutionRole") == ["ops.emr-serverless.amazonaws.com"]
    assert made(Iam(), "ServiceRole", "ExecutionRole") == [
        *of_clusters,
        "ops.emr-serverless.amazonaws.com",
    ]


def test_those_that_are_there_are_left_alone() -> None:
    iam = Iam("spot.amazonaws.com")

    assert made(iam) == ["elasticmapreduce.amazonaws.com"]
    assert made(iam) == []


def test_an_account_that_does_not_allow_it_is_not_passed_over() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        made(Iam(refuses=True))


class Kms:
    """A KMS that knows a grant by its name, or refuses to make one."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.grants: dict[str, dict[str, Any]] = {}

    def ask(self, operation: str, **parameters: Any) -> None:
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses}}, operation)
        assert operation == "create_grant"
        assert self.grants.setdefault(parameters["Name"], parameters) == parameters


def granted(kms: Any, stack: str = STACK_ID) -> str:
    (line,) = grant_key_to_spot(kms, KEY, stack)
    return line


def test_the_role_of_spot_instances_may_use_the_key_and_is_granted_that_once() -> None:
    kms = Kms()

    assert granted(kms) == granted(kms)

    (grant,) = kms.grants.values()
    assert grant["KeyId"] == KEY
    assert grant["GranteePrincipal"] == f"arn:aws:iam::123456789012:{ROLE}"
    assert {"CreateGrant", "Decrypt", "GenerateDataKeyWithoutPlaintext"} < {*grant["Operations"]}


def test_the_role_is_of_the_stacks_partition() -> None:
    kms = Kms()

    granted(kms, STACK_ID.replace("arn:aws:", "arn:aws-us-gov:"))

    (grant,) = kms.grants.values()
    assert grant["GranteePrincipal"].startswith("arn:aws-us-gov:iam::123456789012:role/")


def test_whoever_may_not_grant_it_is_told_what_its_owner_is_to_do() -> None:
    message = granted(Kms(refuses="AccessDeniedException"))

    assert f"ask its owner to run: aws kms create-grant --key-id {KEY} " in message
    assert f"--grantee-principal arn:aws:iam::123456789012:{ROLE} " in message


def test_a_role_that_was_made_a_moment_ago_is_waited_for_by_the_user() -> None:
    assert granted(Kms(refuses="InvalidArnException")).endswith("run `emr-ml up` again in a minute")


def test_another_refusal_is_not_passed_over() -> None:
    with pytest.raises(ClientError, match="DisabledException"):
        granted(Kms(refuses="DisabledException"))
