"""Why a call to AWS failed, and how to fix it."""

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    InvalidEndpointConfigurationError,
    LoginRefreshRequired,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from emr_ml.aws.client import UnansweredError
from emr_ml.aws.problems import concerns_caller, diagnose, is_denied, is_unknown_operation
from emr_ml.aws.region import region_name

URL = "https://elasticmapreduce.eu-west-1.amazonaws.com"


def refusal(code: str, message: str = "", status: int = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}}
    return ClientError({**response, "ResponseMetadata": {"HTTPStatusCode": status}}, "ListClusters")  # pyright: ignore[reportArgumentType] - its fields


@pytest.mark.parametrize(
    ("error", "what", "fix"),
    [
        (NoRegionError(), "no region is set", "AWS_REGION"),
        (NoCredentialsError(), "no credentials were found", "AWS_PROFILE"),
        (ProfileNotFound(profile="work"), "(work) could not be found", "AWS_PROFILE"),
        (UnauthorizedSSOTokenError(), "have expired", "aws sso login"),
        (refusal("ExpiredToken"), "have expired", "aws sso login"),
        (refusal("RequestTimeTooSkewed"), "refuses the time", "set the clock"),
        (refusal("SignatureDoesNotMatch", "Signature expired: 1"), "the time", "set the clock"),
        (refusal("SignatureDoesNotMatch"), "does not accept the credentials", "AWS_SECRET"),
        (refusal("AccessDenied"), "not allowed to call ListClusters", "launcher_policy.json"),
        (EndpointConnectionError(endpoint_url=URL), URL, "AWS_ENDPOINT_URL"),
        (ConnectTimeoutError(endpoint_url=URL), URL, "network"),
        (refusal("ValidationException", "no such thing"), "no such thing", ""),
        (LoginRefreshRequired(), "have expired", "aws login"),
        (ResponseParserError("invalid XML: <html>"), "not answer like AWS", "AWS_ENDPOINT_URL"),
        (refusal("404", "<!DOCTYPE html><html>"), "not answer like AWS", "AWS_ENDPOINT_URL"),
        (refusal("404", "Not Found"), "ListClusters failed: 404", "AWS_ENDPOINT_URL"),
        (InvalidEndpointConfigurationError(msg="x"), "Invalid endpoint", "AWS_ENDPOINT_URL"),
        (refusal("VcpuLimitExceeded"), "VcpuLimitExceeded", "'Running On-Demand Standard"),
        (refusal("MaxSpotInstanceCountExceeded"), "MaxSpot", "--quota-code L-34B43A08"),
        (RuntimeError("unforeseen"), "unforeseen", ""),
    ],
)
def test_a_problem_is_reported_with_its_fix(error: Exception, what: str, fix: str) -> None:
    problem = diagnose(error)

    assert what in problem.what
    assert fix in problem.fix


def test_the_last_error_explains_why_there_was_no_answer() -> None:
    unanswered = UnansweredError("emr gave no answer for 30 seconds")
    unanswered.__cause__ = refusal("ExpiredTokenException")

    assert diagnose(unanswered).what == "the credentials have expired"


def test_what_another_service_than_aws_did_not_answer_is_told_in_its_own_words() -> None:
    unanswered = UnansweredError("Kubernetes gives no answer: connection refused")
    unanswered.__cause__ = OSError("connection refused")

    problem = diagnose(unanswered)

    assert problem.what == "Kubernetes gives no answer: connection refused"
    assert "AWS" not in problem.fix


def test_the_error_that_boto3_wraps_explains_a_failed_upload() -> None:
    failed = S3UploadFailedError("Failed to upload")
    # boto3 raises it while it handles the other one
    failed.__context__ = refusal("ExpiredToken")

    assert diagnose(failed).what == "the credentials have expired"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal("ExpiredToken"), True),
        (refusal("InvalidClientTokenId"), True),
        (refusal("SignatureDoesNotMatch", "Signature expired: 1"), True),
        (NoCredentialsError(), True),
        (UnauthorizedSSOTokenError(), True),
        (refusal("AccessDenied"), False),
        (refusal("ThrottlingException"), False),
        (EndpointConnectionError(endpoint_url=URL), False),
    ],
)
def test_an_error_that_concerns_the_caller_would_meet_every_call(
    error: Exception, *, expected: bool
) -> None:
    assert concerns_caller(error) == expected


def test_a_denied_call_differs_from_an_unknown_operation() -> None:
    assert is_denied(refusal("AccessDeniedException"))
    assert not is_denied(refusal("ValidationException"))
    assert is_unknown_operation(refusal("UnknownOperationException"))
    assert is_unknown_operation(refusal("", status=501))
    assert not is_unknown_operation(refusal("AccessDenied", status=403))
    assert not is_unknown_operation(NoRegionError())


def test_either_variable_sets_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert region_name() is None

    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert region_name() == "eu-west-1"

    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert region_name() == "eu-north-1"
