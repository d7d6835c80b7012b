"""A stack goes down, and its data only if that is asked for; what failed can be done again."""

import pytest

from emr_ml.stack import StackError
from emr_ml.stack.removal import read_removed_stack, read_stack, remove
from emr_ml_tests.stack.cloudformation import STACK_ID, CloudFormation
from emr_ml_tests.stack.contexts import BUCKET, place


def test_a_removal_that_fails_names_what_is_in_the_way() -> None:
    cfn = CloudFormation(state="CREATE_COMPLETE", failing={"ServiceRole": "is in use"})
    where = place(cfn)
    standing = read_stack(where)
    assert standing

    with pytest.raises(StackError) as caught:
        list(remove(where, standing))

    assert "ServiceRole (AWS::IAM::Role): is in use" in str(caught.value)
    assert str(caught.value).endswith("run `emr-ml down` again")


def test_a_stack_is_not_removed_while_it_is_changed() -> None:
    with pytest.raises(StackError, match="UPDATE_IN_PROGRESS: wait until that is over"):
        read_stack(place(CloudFormation(state="UPDATE_IN_PROGRESS")))


def test_a_stack_that_nobody_agreed_to_can_be_removed() -> None:
    where = place(CloudFormation(state="REVIEW_IN_PROGRESS"))
    standing = read_stack(where)
    assert standing

    list(remove(where, standing))

    assert read_stack(where) is None


def test_a_stack_that_is_not_there_needs_no_removal() -> None:
    assert read_stack(place(CloudFormation())) is None


def test_a_stack_that_is_gone_is_known_by_the_bucket_that_it_had() -> None:
    cfn = CloudFormation(
        state="DELETE_COMPLETE", parameters={"Bucket": BUCKET}, outputs={"Key": "arn:key"}
    )
    where = place(cfn)

    found = read_removed_stack(where, BUCKET)

    assert found
    assert (found.stack_id, found.bucket, found.key) == (STACK_ID, BUCKET, "arn:key")
    assert found.is_gone
    assert read_stack(where) is None
    assert read_removed_stack(where, "another") is None


def test_the_bucket_of_another_stack_is_nobodys_to_remove() -> None:
    cfn = CloudFormation(state="CREATE_COMPLETE", parameters={"Bucket": BUCKET})

    with pytest.raises(StackError, match=f"bucket {BUCKET} is that of stack emr-ml"):
        read_removed_stack(place(cfn), BUCKET)
