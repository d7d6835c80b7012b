"""A stack goes down, and its data only if that is asked for; what failed can be done again."""

import pytest

from emr_ml.stack import StackError
from emr_ml.stack.removal import delete_stack, find_deleted_stack, find_stack
from emr_ml_tests.stack.cloudformation import STACK_ID, CloudFormation
from emr_ml_tests.stack.contexts import BUCKET, stack_context


def test_a_removal_that_fails_names_what_is_in_the_way() -> None:
    cfn = CloudFormation(state="CREATE_COMPLETE", failing={"ServiceRole": "is in use"})
    context = stack_context(cfn)
    standing = find_stack(context)
    assert standing

    with pytest.raises(StackError) as caught:
        list(delete_stack(context, standing))

    assert "ServiceRole (AWS::IAM::Role): is in use" in str(caught.value)
    assert str(caught.value).endswith("run `emr-ml down` again")


def test_a_stack_is_not_removed_while_it_is_changed() -> None:
    with pytest.raises(StackError, match="UPDATE_IN_PROGRESS: wait until the operation has ended"):
        find_stack(stack_context(CloudFormation(state="UPDATE_IN_PROGRESS")))


def test_a_stack_that_nobody_agreed_to_can_be_removed() -> None:
    context = stack_context(CloudFormation(state="REVIEW_IN_PROGRESS"))
    standing = find_stack(context)
    assert standing

    list(delete_stack(context, standing))

    assert find_stack(context) is None


def test_a_stack_that_is_not_there_needs_no_removal() -> None:
    assert find_stack(stack_context(CloudFormation())) is None


def test_a_stack_that_is_gone_is_known_by_the_bucket_that_it_had() -> None:
    cfn = CloudFormation(
        state="DELETE_COMPLETE", parameters={"Bucket": BUCKET}, outputs={"Key": "arn:key"}
    )
    context = stack_context(cfn)

    deleted = find_deleted_stack(context, BUCKET)

    assert deleted
    assert (deleted.stack_id, deleted.bucket, deleted.key) == (STACK_ID, BUCKET, "arn:key")
    assert deleted.is_deleted
    assert find_stack(context) is None
    assert find_deleted_stack(context, "another") is None


def test_the_bucket_of_another_stack_is_nobodys_to_remove() -> None:
    cfn = CloudFormation(state="CREATE_COMPLETE", parameters={"Bucket": BUCKET})

    with pytest.raises(StackError, match=f"bucket {BUCKET} belongs to stack emr-ml"):
        find_deleted_stack(stack_context(cfn), BUCKET)
