"""Where alerts go, and what happens if nobody can be reached."""

import json
import logging
import socket
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import dagster as dg
import pytest

from emr_ml.sensors.alerts import failure_alert_sensor, send_alert
from emr_ml.settings import Settings, SettingsError, load_settings
from emr_ml_tests.s3_server import Server
from emr_ml_tests.stack.cloudformation import OUTPUTS, CloudFormation

HIDDEN = "/services/T000/secret"
CAUSE = "there is nothing at data.csv:\n  check the path of the source\nCorrect it"


class Hook(BaseHTTPRequestHandler):
    """A webhook that keeps the messages it gets."""

    received: list[dict[str, Any]]
    status: int

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.received.append(json.loads(self.rfile.read(length)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        pass


@pytest.fixture
def hook() -> Generator[tuple[str, type[Hook]]]:
    handler = type("Handler", (Hook,), {"received": [], "status": 200})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}{HIDDEN}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def settings(**given: object) -> Settings:
    return Settings.model_validate(given)


def tell(**given: object) -> str:
    return send_alert(
        settings(**given), "emr_ml: it failed", "because", logging.getLogger("alerts")
    )


def answer_with(cfn: CloudFormation, monkeypatch: pytest.MonkeyPatch) -> None:
    def api(*_: object) -> CloudFormation:
        return cfn

    monkeypatch.setattr("emr_ml.stack.outputs.Api", api)


def test_a_webhook_gets_the_payload_that_slack_accepts(hook: tuple[str, type[Hook]]) -> None:
    url, kept = hook

    assert tell(alert_webhook=url) == "sent to the webhook"
    assert kept.received == [{"text": "because"}]


@pytest.mark.parametrize("answer", [404, 500])
def test_an_alert_that_a_webhook_refuses_is_logged_without_its_address(
    hook: tuple[str, type[Hook]], answer: int, caplog: pytest.LogCaptureFixture
) -> None:
    url, kept = hook
    kept.status = answer

    said = tell(alert_webhook=url)

    assert said == f"not sent to the webhook: it answered {answer}, written to the log"
    assert "because" in caplog.text
    assert HIDDEN not in said + caplog.text + repr(settings(alert_webhook=url))


def test_an_alert_is_logged_if_the_webhook_is_unreachable(caplog: pytest.LogCaptureFixture) -> None:
    said = tell(alert_webhook="http://127.0.0.1:1/x")

    assert said.startswith("not sent to the webhook: ")
    assert "because" in caplog.text


def test_an_alert_is_logged_if_the_webhook_s_answer_is_not_http(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"what?\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        said = tell(alert_webhook=f"http://127.0.0.1:{server.getsockname()[1]}{HIDDEN}")
        thread.join()

    assert said == "not sent to the webhook: BadStatusLine, written to the log"
    assert "because" in caplog.text


def test_an_address_that_is_none_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    said = tell(alert_webhook=f"http://127.0.0.1:1{HIDDEN} again")

    assert said == "not sent to the webhook: InvalidURL, written to the log"
    assert HIDDEN not in caplog.text


def test_an_alert_without_a_recipient_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert tell() == "written to the log"
    assert "emr_ml: it failed\nbecause" in caplog.text


def test_an_alert_is_published_to_the_topic(
    s3_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    sns = boto3.client("sns", region_name="eu-west-1")
    topic = sns.create_topic(Name="alerts")["TopicArn"]

    assert tell(alert_topic_arn=topic) == f"sent to {topic}"


def test_a_missing_topic_is_reported(
    s3_server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    said = tell(alert_topic_arn="arn:aws:sns:eu-west-1:123456789012:nobody")

    assert "not sent to arn:aws:sns:eu-west-1:123456789012:nobody" in said
    assert "because" in caplog.text


def test_an_alert_is_published_to_the_stack_s_topic(
    s3_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    topic = boto3.client("sns").create_topic(Name="of-the-stack")["TopicArn"]
    outputs = OUTPUTS | {"AlertTopicArn": topic}
    cfn = CloudFormation(state="CREATE_COMPLETE", outputs=outputs)
    answer_with(cfn, monkeypatch)

    assert tell(stack="emr-ml") == f"sent to {topic}"


def test_an_alert_is_logged_if_the_stack_is_missing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    answer_with(CloudFormation(), monkeypatch)

    said = tell(stack="emr-ml")

    assert said.startswith("not sent to the topic of the stack: there is no stack emr-ml")
    assert "because" in caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("EMR_ML_ALERT_WEBHOOK", "file:///etc/passwd"), ("EMR_ML_ALERT_TOPIC_ARN", "alerts")],
)
def test_an_invalid_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name):
        load_settings()


@dg.asset
def raw_csv_s3() -> None:
    raise dg.Failure(CAUSE)


def test_a_failed_run_is_reported_with_asset_cause_and_link(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sensor = failure_alert_sensor(Settings.model_validate({"ui_url": "http://dagster.test/"}))
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.Definitions(
            assets=[raw_csv_s3], jobs=[dg.define_asset_job("training_job")]
        ).resolve_job_def("training_job")
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="failure_alert_sensor",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        sensor(context)

    alert = capsys.readouterr().err
    assert "emr_ml: training_job failed" in alert
    assert (
        "raw_csv_s3: failed: there is nothing at data.csv: check the path of the source. "
        "Correct it\n"
        f"http://dagster.test/runs/{result.run_id}"
    ) in alert


def test_the_failure_sensor_runs_by_default() -> None:
    sensor = failure_alert_sensor(Settings.model_validate({}))

    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
