"""REST requests are read, and answers written, as the models of the services say."""

import pytest

from emr_ml_tests.emulator.rest import parse, render
from emr_ml_tests.emulator.world import AwsError

SERVERLESS, EKS = "emr-serverless", "emr-containers"


def test_parameters_come_from_path_query_and_body() -> None:
    uri = "/applications/00a/jobruns?states=FAILED&states=SUCCESS&maxResults=5"
    since = "&createdAtAfter=2026-01-02T03%3A04%3A05Z"

    assert parse(SERVERLESS, "GET", uri + since, b"") == (
        "ListJobRuns",
        {
            "applicationId": "00a",
            "states": ["FAILED", "SUCCESS"],
            "maxResults": 5,
            "createdAtAfter": 1767323045.0,
        },
    )
    assert parse(EKS, "POST", "/virtualclusters/00b/jobruns", b'{"name": "x"}') == (
        "StartJobRun",
        {"virtualClusterId": "00b", "name": "x"},
    )


def test_a_slash_that_is_quoted_belongs_to_the_parameter() -> None:
    operation, parameters = parse(SERVERLESS, "GET", "/tags/arn%3Aaws%3A%2Fapplications%2F1", b"")

    assert (operation, parameters) == (
        "ListTagsForResource",
        {"resourceArn": "arn:aws:/applications/1"},
    )


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("/nothing", "UnknownOperationException"),
        ("/applications?maxResults=many", "SerializationException"),
    ],
)
def test_what_the_service_can_not_read_is_refused(uri: str, code: str) -> None:
    with pytest.raises(AwsError) as error:
        parse(SERVERLESS, "GET", uri, b"")

    assert error.value.code == code


def test_moments_have_the_format_of_the_service_and_absent_members_are_left_out() -> None:
    cluster = {"id": "00b", "createdAt": 1767323045.0, "name": None}
    application = {
        **dict.fromkeys(("id", "arn", "releaseLabel", "type", "state"), "x"),
        **dict.fromkeys(("createdAt", "updatedAt"), 1767323045.0),
    }

    eks = render(EKS, "ListVirtualClusters", {"virtualClusters": [cluster]})
    serverless = render(SERVERLESS, "ListApplications", {"applications": [application]})

    assert eks == {"virtualClusters": [{"id": "00b", "createdAt": "2026-01-02T03:04:05+00:00"}]}
    assert serverless["applications"][0]["createdAt"] == 1767323045.0


@pytest.mark.parametrize("answer", [{"applications": None}, {"applications": [], "more": 1}])
def test_an_answer_that_the_model_does_not_know_is_a_mistake(answer: dict[str, object]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        render(SERVERLESS, "ListApplications", answer)
