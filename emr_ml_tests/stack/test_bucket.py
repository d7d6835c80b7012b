"""A bucket that was there before its stack is taken over only if its key can be used."""

import pytest

from emr_ml.stack import StackError
from emr_ml.stack.deployment import ignored_parameters, plan_deployment
from emr_ml_tests.stack.cloudformation import CloudFormation
from emr_ml_tests.stack.contexts import BUCKET, KEY, Buckets, parameters, stack_context

GIVEN = {"Bucket": BUCKET, "Nat": "yes"}
ANOTHER = f"{KEY}-another"


@pytest.mark.parametrize("wanted", [{}, {"KmsKey": "create"}, {"KmsKey": ANOTHER}])
@pytest.mark.parametrize("named", [KEY, "mine", "alias/mine"])
def test_a_key_that_roles_could_not_use_is_named_with_the_option_to_give(
    wanted: dict[str, str], named: str
) -> None:
    cfn = CloudFormation()

    with pytest.raises(StackError, match=f"is encrypted with {KEY}.*add --kms-key {KEY}$"):
        plan_deployment(
            stack_context(cfn, Buckets(BUCKET, keys={BUCKET: named})), {**GIVEN, **wanted}
        )

    assert cfn.state is None


def test_with_its_key_a_bucket_is_taken_over() -> None:
    cfn, s3 = CloudFormation(), Buckets(BUCKET, keys={BUCKET: KEY})

    assert plan_deployment(stack_context(cfn, s3), {**GIVEN, "KmsKey": KEY})
    assert {"ParameterKey": "MakeBucket", "ParameterValue": "no"} in parameters(cfn)


@pytest.mark.parametrize("keys", [{}, {BUCKET: "alias/aws/s3"}])
def test_a_bucket_whose_key_is_of_s3_or_of_aws_needs_none(keys: dict[str, str]) -> None:
    assert plan_deployment(stack_context(CloudFormation(), Buckets(BUCKET, keys=keys)), GIVEN)


@pytest.mark.parametrize(("had", "wanted"), [("create", "none"), (KEY, ANOTHER), (KEY, "create")])
def test_a_stack_does_not_lose_the_key_of_its_own_bucket(had: str, wanted: str) -> None:
    cfn = CloudFormation(state="CREATE_COMPLETE", parameters={**GIVEN, "KmsKey": had})
    s3 = Buckets(BUCKET, keys={BUCKET: KEY})

    with pytest.raises(StackError, match=f"add --kms-key {KEY}$"):
        plan_deployment(stack_context(cfn, s3), {"KmsKey": wanted})

    for kept in ({}, {"KmsKey": had}, {"KmsKey": KEY}):
        assert plan_deployment(stack_context(cfn, s3), kept)


def test_a_bucket_of_the_stacks_own_may_get_a_key() -> None:
    cfn = CloudFormation(state="CREATE_COMPLETE", parameters={**GIVEN, "MakeBucket": "yes"})
    context = stack_context(cfn, Buckets(BUCKET))

    assert plan_deployment(context, {"KmsKey": "create"})
    assert ignored_parameters(context, {"KmsKey": "create", "LogDays": "5"}) == []


@pytest.mark.parametrize("up", [True, False])
def test_what_comes_to_nothing_in_a_bucket_that_was_there_is_said(*, up: bool) -> None:
    cfn = CloudFormation()
    if up:
        cfn.state, cfn.parameters = "CREATE_COMPLETE", {**GIVEN, "MakeBucket": "no"}

    ignored = ignored_parameters(
        stack_context(cfn, Buckets(BUCKET)), {**GIVEN, "LogDays": "5", "KmsKey": "create"}
    )

    rules, key = ignored
    assert rules == f"--log-days: bucket {BUCKET} existed before the stack and keeps its own rules"
    assert key.startswith("--kms-key for the bucket: ")
    assert key.endswith("the key encrypts the disks of nodes only")


def test_the_key_of_a_bucket_that_was_there_does_not_come_to_nothing() -> None:
    context = stack_context(CloudFormation(), Buckets(BUCKET, keys={BUCKET: KEY}))

    assert ignored_parameters(context, {**GIVEN, "KmsKey": KEY}) == []
