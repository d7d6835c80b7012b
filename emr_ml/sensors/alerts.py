"""Alerts people to failed runs: by SNS, by a webhook, or in the log."""

import json
import urllib.error
import urllib.request
from logging import Logger, LoggerAdapter
from typing import Any

import dagster as dg

from emr_ml.settings import Settings, SettingsError
from emr_ml.stack import with_stack
from emr_ml.ui.console import cause_of

PATIENCE_SECONDS = 10.0
SUBJECT_CHARACTERS = 100  # docs.aws.amazon.com/sns/latest/api/API_Publish.html


def send_alert(
    settings: Settings, subject: str, text: str, log: "Logger | LoggerAdapter[Any]"
) -> str:
    """Send it to the topic and the webhook that are set; what came of it, in one line.

    Where neither is set it is written to the log, as it is where one of them can't be reached. The
    webhook's address is a secret, so it is never shown.
    """
    done: list[str] = []
    if settings.stack or settings.alert_topic_arn:
        done.append(_notify(settings, subject, text))
    if settings.alert_webhook:
        done.append(_post(settings.alert_webhook.get_secret_value(), text))
    if not done or any(result.startswith("not ") for result in done):
        log.error("%s\n%s", subject, text)
        done.append("written to the log")
    return ", ".join(done)


def _notify(settings: Settings, subject: str, text: str) -> str:
    try:
        # a topic of one's own is told even if the stack is gone
        known = settings.alert_topic_arn or with_stack(settings, PATIENCE_SECONDS).alert_topic_arn
    except SettingsError as error:
        return f"not sent to the topic of the stack: {error}"
    return _publish(str(known), subject, text)


def _publish(topic: str, subject: str, text: str) -> str:
    import boto3  # half a second that a laptop does not need
    from botocore.exceptions import BotoCoreError, ClientError

    # SNS refuses a subject with line breaks or other than ASCII letters
    plain = subject.encode("ascii", "replace").decode().replace("\n", " ")[:SUBJECT_CHARACTERS]
    try:
        region = topic.split(":")[3]
        client = boto3.client("sns", region_name=region)
        client.publish(TopicArn=topic, Subject=plain, Message=f"{subject}\n{text}")
    except (BotoCoreError, ClientError) as error:
        return f"not sent to {topic}: {error}"
    return f"sent to {topic}"


def _post(url: str, text: str) -> str:
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(  # noqa: S310 - the settings allow http and https only
        url, body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS):  # noqa: S310 - as above
            return "sent to the webhook"
    except urllib.error.HTTPError as error:
        return f"not sent to the webhook: it answered {error.code}"
    except OSError as error:
        reason = getattr(error, "reason", error)
        return f"not sent to the webhook: {reason}"


CAUSE_CHARACTERS = 1000


def failure_alert_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor of failed runs of any job."""

    @dg.run_failure_sensor(
        name="failure_alert_sensor",
        minimum_interval_seconds=settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of each run that failed: asset, cause, link.",
    )
    def sensor(context: dg.RunFailureSensorContext) -> None:
        subject = f"emr_ml: {context.dagster_run.job_name} failed"
        done = send_alert(settings, subject, failure_message(context, settings.ui_url), context.log)
        context.log.info("run %s failed: %s", context.dagster_run.run_id, done)

    return sensor


def failure_message(context: dg.RunFailureSensorContext, ui_url: str) -> str:
    """Asset and cause of each failed step, a line each, and where to look."""
    failures = [
        f"{event.step_key}: {_in_one_line(cause_of(event) or 'failed')}"
        for event in context.get_step_failure_events()
    ]
    lines = failures or [_in_one_line(context.failure_event.message or "the run failed")]
    return "\n".join([*lines, f"{ui_url.rstrip('/')}/runs/{context.dagster_run.run_id}"])


def _in_one_line(text: str) -> str:
    return " ".join(text.split())[:CAUSE_CHARACTERS]
