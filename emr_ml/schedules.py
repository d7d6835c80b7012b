"""Schedules: retraining, evaluation of the champion, and cleaning of the lake."""

from typing import Any

import dagster as dg

from emr_ml.jobs import evaluation_job, training_job
from emr_ml.lake.champion import NO_CHAMPION, read_champion
from emr_ml.retention.job import clean_lake, clean_lake_job
from emr_ml.settings import Settings, SettingsError
from emr_ml.stack import with_stack
from spark_jobs.runtime.lake import open_lake


def schedules_for(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Return the schedules, at the configured times.

    Raises:
        SettingsError: a cron expression or the time zone is invalid.
    """
    return [_retraining(settings), _evaluation(settings), _cleaning(settings)]


def _retraining(settings: Settings) -> dg.ScheduleDefinition:
    return _schedule(
        "retraining",
        settings,
        job=training_job,
        description="Trains on the current files of the source; if nothing changed, all is reused.",
    )


def _evaluation(settings: Settings) -> dg.ScheduleDefinition:
    def tick(_: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        # the lake is opened at each tick, because credentials for S3 may have changed
        if read_champion(open_lake(with_stack(settings).lake)) is None:
            return dg.SkipReason(NO_CHAMPION)
        return dg.RunRequest()

    return _schedule(
        "evaluation",
        settings,
        job=evaluation_job,
        execution_fn=tick,
        description="Evaluates the champion on the newest data; if nothing changed, all is reused.",
    )


def _cleaning(settings: Settings) -> dg.ScheduleDefinition:
    config = {"dry_run": not settings.retention_removes}
    return _schedule(
        "cleaning",
        settings,
        job=clean_lake_job,
        run_config={"ops": {clean_lake.name: {"config": config}}},
        description="Lists garbage in the lake; removes it if EMR_ML_RETENTION_REMOVES is set.",
    )


def _schedule(name: str, settings: Settings, **options: Any) -> dg.ScheduleDefinition:
    """Return a schedule at the times of the setting `<name>_cron`."""
    field = f"{name}_cron"
    try:
        return dg.ScheduleDefinition(
            name=f"{name}_schedule",
            cron_schedule=getattr(settings, field),
            execution_timezone=settings.time_zone,
            **options,
        )
    except dg.DagsterInvalidDefinitionError as error:
        raise SettingsError(f"EMR_ML_{field.upper()} or EMR_ML_TIME_ZONE: {error}") from error
