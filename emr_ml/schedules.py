"""Schedules: what is done again though nobody asks and nothing is new."""

import dagster as dg

from emr_ml.jobs import training_job
from emr_ml.settings import Settings, SettingsError


def schedules_for(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The schedules, at the times that are set.

    Raises:
        SettingsError: a time or the time zone is none.
    """
    try:
        return [
            dg.ScheduleDefinition(
                name="retraining_schedule",
                job=training_job,
                cron_schedule=settings.retraining_cron,
                execution_timezone=settings.time_zone,
                description="Trains on what the source holds; on unchanged data, all is reused.",
            )
        ]
    except dg.DagsterInvalidDefinitionError as error:
        raise SettingsError(f"EMR_ML_RETRAINING_CRON or EMR_ML_TIME_ZONE: {error}") from error
