"""Where `emr-ml up` and `emr-ml down` look for a stack."""

import pytest

from emr_ml.settings import load_settings
from emr_ml.stack import StackError
from emr_ml.stack.context import find_stack_context

ARN = "arn:aws:cloudformation:us-west-2:123456789012:stack/mine/1"


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def test_a_stack_that_is_named_by_its_arn_is_in_the_arns_region() -> None:
    context = find_stack_context(load_settings(), ARN)

    assert (context.stack, context.region) == ("mine", "us-west-2")
    assert context.s3.meta.region_name == "us-west-2"


def test_a_stack_that_is_named_is_in_the_region_that_is_set() -> None:
    context = find_stack_context(load_settings(), "mine")

    assert (context.stack, context.region) == ("mine", "eu-west-1")


def test_where_services_have_other_names_there_is_no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "cn-north-1")

    with pytest.raises(
        StackError, match="does not support cn-north-1, because services of aws-cn have other names"
    ):
        find_stack_context(load_settings(), "mine")


@pytest.mark.parametrize("region", ["us-gov-west-1", "eu-somewhere-9"])
def test_another_region_is_none_of_our_business(
    monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    monkeypatch.setenv("AWS_REGION", region)

    assert find_stack_context(load_settings(), "mine").region == region
