"""A stack goes up: what is asked for, and what is left if it fails."""

import pytest

from emr_ml.stack import StackError
from emr_ml.stack.deployment import apply_change_set, discard_change_set, plan_deployment
from emr_ml_tests.stack.cloudformation import STACK_ID, CloudFormation
from emr_ml_tests.stack.contexts import BUCKET, Buckets, deployed, parameters, stack_context


def test_what_would_change_is_known_before_anything_is() -> None:
    cfn = CloudFormation()

    changes = plan_deployment(stack_context(cfn), {"Bucket": BUCKET})

    assert changes
    assert [(each.verb, each.resource) for each in changes.changes] == [
        ("create", "DataBucket"),
        ("create", "ServiceRole"),
    ]
    assert cfn.parameters_of("execute_change_set") == []


def test_changes_that_nobody_wants_leave_no_stack_behind() -> None:
    cfn = CloudFormation()
    changes = plan_deployment(stack_context(cfn), {"Bucket": BUCKET})
    assert changes

    discard_change_set(stack_context(cfn), changes)

    assert cfn.state == "DELETE_COMPLETE"


def test_a_new_stack_that_failed_leaves_no_empty_bucket() -> None:
    s3 = Buckets()
    cfn = CloudFormation(failing={"ServiceRole": "not allowed"})
    context = stack_context(cfn, s3)
    changes = plan_deployment(context, {"Bucket": BUCKET})
    assert changes
    s3.existing.append(BUCKET)

    with pytest.raises(StackError):
        list(apply_change_set(context, changes))

    assert s3.existing == []


def test_an_update_that_failed_keeps_the_bucket_and_says_that_all_is_as_before() -> None:
    s3 = Buckets(BUCKET)
    cfn = CloudFormation(
        state="CREATE_COMPLETE",
        parameters={"Bucket": BUCKET},
        failing={"ServiceRole": "not allowed"},
    )

    with pytest.raises(StackError) as caught:
        deployed(cfn, s3)

    assert str(caught.value).splitlines() == [
        "the stack is UPDATE_ROLLBACK_COMPLETE",
        "ServiceRole (AWS::IAM::Role): not allowed",
        "all changes have been undone",
    ]
    assert s3.existing == [BUCKET]


def test_a_stack_that_is_up_to_date_is_left_alone() -> None:
    cfn = CloudFormation(state="UPDATE_COMPLETE", parameters={"Bucket": BUCKET}, changed=False)

    assert plan_deployment(stack_context(cfn), {}) is None
    assert cfn.state == "UPDATE_COMPLETE"


def test_parameters_that_are_not_given_stay_as_they_were() -> None:
    cfn = CloudFormation(state="CREATE_COMPLETE", parameters={"Bucket": BUCKET, "Nat": "yes"})

    plan_deployment(stack_context(cfn), {"LogDays": "5"})

    assert parameters(cfn) == [
        {"ParameterKey": "LogDays", "ParameterValue": "5"},
        {"ParameterKey": "Bucket", "UsePreviousValue": True},
        {"ParameterKey": "Nat", "UsePreviousValue": True},
    ]


@pytest.mark.parametrize(("existing", "made"), [((), "yes"), ((BUCKET,), "no")])
def test_a_bucket_that_is_there_is_taken_over(existing: tuple[str, ...], made: str) -> None:
    cfn = CloudFormation()

    plan_deployment(stack_context(cfn, Buckets(*existing)), {"Bucket": BUCKET})

    assert {"ParameterKey": "MakeBucket", "ParameterValue": made} in parameters(cfn)


@pytest.mark.parametrize("given", [{"KmsKey": "create"}, {"RuntimeRole": "yes"}])
def test_nodes_that_call_apis_need_a_way_there(given: dict[str, str]) -> None:
    cfn = CloudFormation()
    wanted = {"Bucket": BUCKET, **given}

    with pytest.raises(StackError, match="add --nat yes or --api-endpoints yes"):
        plan_deployment(stack_context(cfn), wanted)

    assert cfn.state is None
    for way in ({"Nat": "yes"}, {"ApiEndpoints": "yes"}, {"Vpc": "vpc-1"}):
        assert plan_deployment(stack_context(CloudFormation()), {**wanted, **way})


def test_without_nodes_there_is_nothing_that_needs_a_way() -> None:
    wanted = {"Bucket": BUCKET, "KmsKey": "create", "Deployment": "emr-serverless"}

    assert plan_deployment(stack_context(CloudFormation()), wanted)


@pytest.mark.parametrize(
    ("given", "made"), [({}, "emr-serverless"), ({"Deployment": "both"}, "both")]
)
def test_a_new_stack_is_for_the_deployment_of_the_settings(
    given: dict[str, str], made: str
) -> None:
    cfn = CloudFormation()
    defaults = {"Deployment": "emr-serverless"}

    plan_deployment(stack_context(cfn), {"Bucket": BUCKET, **given}, defaults)

    assert {"ParameterKey": "Deployment", "ParameterValue": made} in parameters(cfn)


def test_an_existing_stack_stays_what_it_is_for() -> None:
    cfn = CloudFormation(state="CREATE_COMPLETE", parameters={"Bucket": BUCKET})

    plan_deployment(stack_context(cfn), {}, {"Deployment": "emr-serverless"})

    assert parameters(cfn) == [{"ParameterKey": "Bucket", "UsePreviousValue": True}]


def test_a_way_to_apis_that_a_stack_has_is_enough() -> None:
    cfn = CloudFormation(state="CREATE_COMPLETE", parameters={"Bucket": BUCKET, "Nat": "yes"})

    assert plan_deployment(stack_context(cfn), {"RuntimeRole": "yes"})


def test_a_bucket_of_somebody_else_is_refused() -> None:
    with pytest.raises(StackError, match=f"bucket {BUCKET} belongs to another account"):
        plan_deployment(
            stack_context(CloudFormation(), Buckets(foreign=(BUCKET,))), {"Bucket": BUCKET}
        )


def test_what_is_left_of_a_stack_that_never_came_up_is_in_nobodys_way() -> None:
    cfn = CloudFormation(state="ROLLBACK_COMPLETE")

    deployed(cfn)

    assert cfn.parameters_of("delete_stack") == [{"StackName": STACK_ID}]
    assert cfn.state == "CREATE_COMPLETE"


def test_what_is_left_and_can_not_be_removed_is_not_waited_for() -> None:
    cfn = CloudFormation(state="ROLLBACK_COMPLETE", failing={"ServiceRole": "is in use"})

    with pytest.raises(StackError, match="failed, and its resources can't be deleted"):
        plan_deployment(stack_context(cfn), {"Bucket": BUCKET})


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        ("UPDATE_IN_PROGRESS", "wait until the other operation has ended"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("DELETE_FAILED", "emr-ml down"),
    ],
)
def test_a_stack_that_can_not_be_changed_is_said_to_be_with_what_to_do(
    state: str, advice: str
) -> None:
    with pytest.raises(StackError, match=f"{state}: .*{advice}"):
        plan_deployment(stack_context(CloudFormation(state=state)), {"Bucket": BUCKET})
