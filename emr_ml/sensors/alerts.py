"""Alerts about failed runs: by SNS, by a webhook, or in the log."""

import json
import re
import urllib.error
import urllib.request
from http.client import HTTPException
from logging import Logger, LoggerAdapter
from typing import Any

import dagster as dg

from emr_ml.aws import time_limits
from emr_ml.settings import Settings, SettingsError
from emr_ml.stack import with_stack
from emr_ml.ui.console import failure_cause

MAX_SUBJECT_CHARACTERS = 100  # docs.aws.amazon.com/sns/latest/api/API_Publish.html
MAX_CAUSE_CHARACTERS = 1000


def send_alert(
    settings: Settings, subject: str, text: str, log: "Logger | LoggerAdapter[Any]"
) -> str:
    """Send an alert to the configured topic and webhook, and return the results in one line.

    It is also written to the log if neither is configured, or one of them can't be reached. The
    webhook's address is a secret, so it is never shown.
    """
    results: list[str] = []
    if settings.stack or settings.alert_topic_arn:
        results.append(_publish_to_topic(settings, subject, text))
    if settings.alert_webhook:
        results.append(_post(settings.alert_webhook.get_secret_value(), text))
    if not results or any(result.startswith("not ") for result in results):
        log.error("%s\n%s", subject, text)
        results.append("written to the log")
    return ", ".join(results)


def _publish_to_topic(settings: Settings, subject: str, text: str) -> str:
    try:
        # a topic that is set is used even if the stack is gone
        topic = settings.alert_topic_arn or with_stack(settings, time_limits.ALERT).alert_topic_arn
    except SettingsError as error:
        return f"not sent to the topic of the stack: {error}"
    return _publish(str(topic), subject, text)


def _publish(topic: str, subject: str, text: str) -> str:
    import boto3  # takes half a second, and only this needs it

    from emr_ml.aws.client import CALL_ERRORS
    from emr_ml.aws.problems import diagnose

    # SNS rejects a subject with line breaks or characters that are not ASCII
    ascii_subject = (
        subject.encode("ascii", "replace").decode().replace("\n", " ")[:MAX_SUBJECT_CHARACTERS]
    )
    try:
        region = topic.split(":")[3]
        client = boto3.client("sns", region_name=region)
        client.publish(TopicArn=topic, Subject=ascii_subject, Message=f"{subject}\n{text}")
    except CALL_ERRORS as error:
        return f"not sent to {topic}: {diagnose(error)}"
    return f"sent to {topic}"


def _post(url: str, text: str) -> str:
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(  # noqa: S310 - the settings allow http and https only
        url, body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=time_limits.ALERT):  # noqa: S310 - as above
            return "sent to the webhook"
    except urllib.error.HTTPError as error:
        return f"not sent to the webhook: it answered {error.code}"
    except OSError as error:
        reason = getattr(error, "reason", error)
        return f"not sent to the webhook: {reason}"
    except (HTTPException, ValueError) as error:
        # the message may show the address
        return f"not sent to the webhook: {type(error).__name__}"


def failure_alert_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return a sensor of failed runs of any job."""

    @dg.run_failure_sensor(
        name="failure_alert_sensor",
        minimum_interval_seconds=settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends an alert of each failed run: asset, cause, link.",
    )
    def sensor(context: dg.RunFailureSensorContext) -> None:
        subject = f"emr_ml: {context.dagster_run.job_name} failed"
        results = send_alert(
            settings, subject, failure_message(context, settings.ui_url), context.log
        )
        context.log.info("run %s failed: %s", context.dagster_run.run_id, results)

    return sensor


def failure_message(context: dg.RunFailureSensorContext, ui_url: str) -> str:
    """Return a line with asset and cause for each failed step, and a link to the run."""
    failures = [
        f"{event.step_key}: {_in_one_line(failure_cause(event) or 'failed')}"
        for event in context.get_step_failure_events()
    ]
    lines = failures or [_in_one_line(context.failure_event.message or "the run failed")]
    return "\n".join([*lines, f"{ui_url.rstrip('/')}/runs/{context.dagster_run.run_id}"])


def _in_one_line(text: str) -> str:
    lines = "\n".join(filter(None, map(str.strip, text.splitlines())))
    sentences = re.sub(r"(?<=[^.:;,])\n", ". ", lines)
    return " ".join(sentences.split())[:MAX_CAUSE_CHARACTERS]
