"""Which calls are retried, and which are not."""

import logging
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emr_ml.aws.client import AWS_ERRORS, Api, UnansweredError, UncertainError
from emr_ml.aws.problems import NOT_AWS, diagnose
from emr_ml_tests.aws.web_pages import web_pages
from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.examples import a_cluster, a_step

if TYPE_CHECKING:
    from emr_ml_tests.emulator.faults import Fault
    from emr_ml_tests.emulator.server import Emulator

pytestmark = pytest.mark.usefixtures("emulation")

BUCKET = "bucket-of-test-api"
LOG = logging.getLogger("api")


@pytest.fixture(scope="module")
def one_aws(tmp_path_factory: pytest.TempPathFactory) -> "Generator[Emulator]":
    from emr_ml_tests.emulator.server import serve

    with serve(tmp_path_factory.mktemp("api"), speed=100.0, quotas=False) as aws:
        aws.bucket(BUCKET)
        yield aws


@pytest.fixture
def aws(one_aws: "Emulator", monkeypatch: pytest.MonkeyPatch) -> "Generator[Emulator]":
    for name, value in one_aws.environment().items():
        monkeypatch.setenv(name, value)
    one_aws.calls.calls.clear()
    yield one_aws
    one_aws.faults.clear()


def api(patience: float = 30.0) -> Api:
    return Api("emr", patience, LOG, first_pause=0.05)


TRANSIENT: "dict[str, Callable[..., Fault]]" = {
    "throttled": faults.throttle,
    "server error": faults.server_error,
    "cut": faults.cut,
    "lost answer": faults.lost_answer,
    "expired token": faults.expired_token,
}


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_repeatable_call_is_retried_until_it_is_answered(aws: "Emulator", kind: str) -> None:
    aws.faults.add(TRANSIENT[kind]("ListClusters", times=3))

    assert api().ask("list_clusters")["Clusters"] == []

    assert len(aws.calls.of("ListClusters")) == 4


@pytest.mark.parametrize("service", ["emr", "sts"])
def test_a_page_instead_of_an_answer_is_an_error_like_others(
    monkeypatch: pytest.MonkeyPatch, aws: "Emulator", service: str
) -> None:
    operation = {"emr": "list_clusters", "sts": "get_caller_identity"}[service]
    with web_pages() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(AWS_ERRORS) as caught:
            Api(service, 0.2, LOG, first_pause=0.05).ask(operation)
        with pytest.raises(UncertainError, match="run_job_flow"):
            api().tell("run_job_flow", **a_cluster(BUCKET))

    assert diagnose(caught.value) == NOT_AWS
    assert aws.calls.calls == []


def test_an_endpoint_that_is_no_url_is_an_error_like_others(
    monkeypatch: pytest.MonkeyPatch, aws: "Emulator"
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")

    with pytest.raises(AWS_ERRORS, match="Invalid endpoint: nowhere"):
        api().ask("list_clusters")
    assert aws.calls.calls == []


@pytest.mark.parametrize("kind", ["throttled", "expired token"])
def test_a_call_that_was_certainly_not_accepted_is_retried(aws: "Emulator", kind: str) -> None:
    aws.faults.add(TRANSIENT[kind]("RunJobFlow", times=2))

    assert api().tell("run_job_flow", **a_cluster(BUCKET))["JobFlowId"]

    assert len(aws.calls.of("RunJobFlow")) == 3


@pytest.mark.parametrize("kind", ["server error", "cut", "lost answer"])
def test_a_call_that_may_have_been_accepted_is_not_retried(aws: "Emulator", kind: str) -> None:
    aws.faults.add(TRANSIENT[kind]("RunJobFlow"))

    with pytest.raises(UncertainError, match="run_job_flow"):
        api().tell("run_job_flow", **a_cluster(BUCKET))

    assert len(aws.calls.of("RunJobFlow")) == 1


@pytest.mark.usefixtures("aws")
def test_a_call_that_could_not_be_sent_is_not_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    # nobody listens there
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(UnansweredError, match="no answer to run_job_flow"):
        api(patience=0.3).tell("run_job_flow", **a_cluster(BUCKET))


@pytest.mark.parametrize("how", [Api.ask, Api.tell])
def test_a_refusal_is_raised_at_once(aws: "Emulator", how: Callable[..., Any]) -> None:
    with pytest.raises(ClientError, match="Specified job flow ID does not exist"):
        how(api(), "add_job_flow_steps", JobFlowId="j-NONE", Steps=[a_step("a", "true")])

    assert len(aws.calls.of("AddJobFlowSteps")) == 1


def test_no_answer_within_the_patience_is_an_error(aws: "Emulator") -> None:
    aws.faults.add(faults.throttle("ListClusters", times=1000))
    started = time.monotonic()

    with pytest.raises(UnansweredError, match=r"no answer to list_clusters for 1 seconds: .*Rate"):
        api(patience=1.0).ask("list_clusters")

    assert 1.0 < time.monotonic() - started < 5.0


def test_delays_between_retries_grow(aws: "Emulator") -> None:
    aws.faults.add(faults.throttle("ListClusters", times=5))

    api().ask("list_clusters")

    at = [call.at / 100.0 for call in aws.calls.of("ListClusters")]
    assert at[-1] - at[-2] > 3 * (at[1] - at[0])


def test_the_log_has_one_line_for_the_failure_and_one_for_its_end(
    aws: "Emulator", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="api")
    aws.faults.add(faults.throttle("ListClusters", times=4))
    asked = api()

    asked.ask("list_clusters")
    asked.ask("list_clusters")

    lines = [record.getMessage() for record in caplog.records if record.name == "api"]
    assert lines == ["emr failed with ThrottlingException: retrying", "emr answers again"]


def test_expired_credentials_are_read_again(
    aws: "Emulator", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    asked = api()
    asked.ask("list_clusters")
    aws.faults.add(faults.expired_token("ListClusters"))
    # whoever refreshes them gives them to new sessions
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "refreshed")

    asked.ask("list_clusters")

    assert [call.caller for call in aws.calls.of("ListClusters")] == [
        *("launcher", "launcher"),
        "refreshed",
    ]


def test_pages_are_requested_as_they_are_needed(aws: "Emulator") -> None:
    cluster = api().tell("run_job_flow", **a_cluster(BUCKET))["JobFlowId"]
    steps = [a_step(f"step {number}", "true") for number in range(120)]
    api().tell("add_job_flow_steps", JobFlowId=cluster, Steps=steps)
    pages = api().pages("list_steps", "Steps", ClusterId=cluster)

    assert len(next(pages)) == 50
    assert len(aws.calls.of("ListSteps")) == 1
    assert [len(page) for page in pages] == [50, 20]
