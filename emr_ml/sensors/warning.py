"""Sensors that look at what costs money, and warn. They start nothing."""

from collections.abc import Callable

import dagster as dg

from emr_ml.settings import Settings

INTERVAL_SECONDS = 15 * 60
# returns warnings, and a summary for the case that there are none
Look = Callable[[Settings], tuple[list[str], str]]


def warning_sensor(
    name: str, description: str, settings: Settings, look: Look
) -> dg.SensorDefinition:
    """Return a sensor that logs each warning, and shows them all as its tick's message."""

    @dg.sensor(
        name=name,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        warnings, summary = look(settings)
        for warning in warnings:
            context.log.warning(warning)
        return dg.SkipReason("\n".join(warnings) or summary)

    return sensor
