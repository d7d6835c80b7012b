"""What CloudFormation does is shown as it does it, and its end is the end of what was asked for."""

import pytest

from emr_ml.stack import StackError
from emr_ml.stack.deployment import apply_change_set, plan_deployment
from emr_ml.stack.removal import delete_stack, find_stack
from emr_ml_tests.stack.cloudformation import CloudFormation
from emr_ml_tests.stack.contexts import BUCKET, deployed, stack_context


def test_each_event_is_shown_once_and_in_order() -> None:
    lines = deployed(CloudFormation())

    assert [line.split()[::2] for line in lines] == [
        ["CREATE_COMPLETE", "DataBucket"],
        ["CREATE_COMPLETE", "ServiceRole"],
        ["CREATE_COMPLETE", "emr-ml"],
    ]


def test_the_resource_that_failed_is_named_with_its_reason_and_not_those_it_stopped() -> None:
    cfn = CloudFormation(failing={"DataBucket": "Name is taken"})

    with pytest.raises(StackError) as caught:
        deployed(cfn)

    assert str(caught.value).splitlines() == [
        "the stack is DELETE_COMPLETE",
        "DataBucket (AWS::S3::Bucket): Name is taken",
        "all that was created has been deleted again",
    ]


@pytest.mark.parametrize(
    ("before", "failing", "words"),
    [
        ("CREATE_COMPLETE", {}, None),
        ("UPDATE_ROLLBACK_COMPLETE", {}, None),
        ("UPDATE_COMPLETE", {"ServiceRole": "not allowed"}, "is UPDATE_ROLLBACK_COMPLETE"),
    ],
)
def test_the_state_before_a_change_is_not_taken_for_its_end(
    before: str, failing: dict[str, str], words: str | None
) -> None:
    given = {"Bucket": BUCKET}
    cfn = CloudFormation(state=before, parameters=given, failing=failing)
    context = stack_context(cfn)
    changes = plan_deployment(context, given)
    assert changes
    cfn.late = 3

    if words:
        with pytest.raises(StackError, match=words):
            list(apply_change_set(context, changes))
    else:
        *_, last = apply_change_set(context, changes)
        assert last.state == "UPDATE_COMPLETE"
    assert cfn.late == 0


def test_what_went_wrong_before_is_not_told_again() -> None:
    cfn = CloudFormation(
        state="CREATE_COMPLETE", parameters={"Bucket": BUCKET}, failing={"ServiceRole": "no"}
    )
    with pytest.raises(StackError):
        deployed(cfn)
    cfn.failing.clear()

    lines = deployed(cfn)

    assert [line.split()[0] for line in lines] == ["UPDATE_COMPLETE"] * 3


def test_a_removal_that_ended_well_is_good_whatever_its_stack_was_before() -> None:
    cfn = CloudFormation(state="DELETE_FAILED", late=2)
    context = stack_context(cfn)
    standing = find_stack(context)
    assert standing

    assert [event.state for event in delete_stack(context, standing)][-1] == "DELETE_COMPLETE"
