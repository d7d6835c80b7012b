"""Sensors that look at what costs money, and warn. They start nothing."""

from collections.abc import Callable

import dagster as dg

from emr_ml.errors import user_message
from emr_ml.settings import Settings

INTERVAL_SECONDS = 15 * 60
# returns warnings, and a summary for the case that there are none
Look = Callable[[Settings], tuple[list[str], str]]


def warning_sensor(
    name: str, description: str, settings: Settings, look: Look, wanted: str
) -> dg.SensorDefinition:
    """Return a sensor that logs each warning, and shows them all as its tick's message.

    Args:
        name: of the sensor.
        description: of the sensor.
        settings: for `look`.
        look: what is done at each tick. If it meets a user error, that is a warning, too.
        wanted: what is looked for, such as `old clusters`.
    """

    @dg.sensor(
        name=name,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        try:
            warnings, summary = look(settings)
        except Exception as error:
            message = user_message(error)
            if message is None:
                raise
            warnings, summary = [f"{wanted} could not be searched for: {message}"], ""
        for warning in warnings:
            context.log.warning(warning)
        return dg.SkipReason("\n".join(warnings) or summary)

    return sensor
