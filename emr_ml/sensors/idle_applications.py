"""Warns about applications of EMR Serverless that stay started without work."""

from typing import TYPE_CHECKING

import dagster as dg

from emr_ml.aws import time_limits
from emr_ml.sensors.warning import warning_sensor
from emr_ml.settings import Settings
from emr_ml.stack import with_stack

if TYPE_CHECKING:
    from emr_ml.launchers.serverless.live_applications import IdleApplication


def idle_application_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that warns about started applications whose idle timeout has passed."""
    return warning_sensor(
        "idle_application_sensor",
        "Warns about this project's applications that are idle and do not stop by themselves.",
        settings,
        _check_applications,
        "idle applications",
    )


def _check_applications(settings: Settings) -> tuple[list[str], str]:
    """Return warnings, and a summary for the case that there are none."""
    # boto3 takes half a second to import, and this module is imported with the definitions
    import logging
    from datetime import UTC, datetime

    from emr_ml.aws.client import Api
    from emr_ml.aws.region import region_name
    from emr_ml.launchers.serverless.config import load_serverless_config
    from emr_ml.launchers.serverless.live_applications import live_applications, overdue
    from emr_ml.launchers.serverless.requests import SERVICE

    # the role, without which there is no configuration, may be the stack's
    config = load_serverless_config(with_stack(settings, time_limits.SENSOR))
    api = Api(SERVICE, time_limits.SENSOR, logging.getLogger("emr_ml"), region_name())
    started = list(live_applications(api, config))
    found = list(overdue(api, started, config, datetime.now(UTC)))
    summary = f"started applications: {len(started)}, none idle for too long"
    return [_warning(each) for each in found], summary


def _warning(idle: "IdleApplication") -> str:
    application = idle.application
    cost = ": its initial capacity costs money" if idle.has_initial_capacity else ""
    return (
        f"application {application.id} ({application.name}) has been started and without a job run "
        f"for {idle.minutes:.0f} minutes, but should stop after {idle.limit_minutes}{cost}. "
        "`emr-ml compute --terminate-idle` stops it; to have it stop by itself, turn its auto-stop "
        "on"
    )
