"""Tells people of runs that failed."""

import dagster as dg

from emr_ml.alerts import send
from emr_ml.console import cause_of
from emr_ml.settings import Settings

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
        done = send(settings, subject, describe(context, settings.ui_url), context.log)
        context.log.info("run %s failed: %s", context.dagster_run.run_id, done)

    return sensor


def describe(context: dg.RunFailureSensorContext, ui_url: str) -> str:
    """Asset and cause of each failed step, a line each, and where to look."""
    failures = [
        f"{event.step_key}: {_in_one_line(cause_of(event) or 'failed')}"
        for event in context.get_step_failure_events()
    ]
    lines = failures or [_in_one_line(context.failure_event.message or "the run failed")]
    return "\n".join([*lines, f"{ui_url.rstrip('/')}/runs/{context.dagster_run.run_id}"])


def _in_one_line(text: str) -> str:
    return " ".join(text.split())[:CAUSE_CHARACTERS]
