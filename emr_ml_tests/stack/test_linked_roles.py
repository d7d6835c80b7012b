"""Roles of AWS's services are made where they are missing."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emr_ml.stack.account import LINKED_SERVICES, create_linked_roles


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


def made(iam: Any) -> list[str]:
    return list(create_linked_roles(iam))


def test_a_new_account_gets_all() -> None:
    assert made(Iam()) == [*LINKED_SERVICES]


def test_those_that_are_there_are_left_alone() -> None:
    iam = Iam("spot.amazonaws.com")

    assert made(iam) == ["elasticmapreduce.amazonaws.com"]
    assert made(iam) == []


def test_an_account_that_does_not_allow_it_is_not_passed_over() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        made(Iam(refuses=True))
