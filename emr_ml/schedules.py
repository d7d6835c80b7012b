"""Schedules: what is done again though nobody asks and nothing is new."""

import dagster as dg

from emr_ml.champions.record import NO_CHAMPION, read_champion
from emr_ml.jobs import evaluation_job, training_job
from emr_ml.retention.job import clean_lake, clean_lake_job
from emr_ml.settings import Settings, SettingsError
from spark_jobs.runtime.lake import open_lake


def schedules_for(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The schedules, at the times that are set.

    Raises:
        SettingsError: a time or the time zone is none.
    """
    return [_retraining(settings), _evaluation(settings), _cleaning(settings)]


def _retraining(settings: Settings) -> dg.ScheduleDefinition:
    try:
        return dg.ScheduleDefinition(
            name="retraining_schedule",
            job=training_job,
            cron_schedule=settings.retraining_cron,
            execution_timezone=settings.time_zone,
            description="Trains on what the source holds; on unchanged data, all is reused.",
        )
    except dg.DagsterInvalidDefinitionError as error:
        raise SettingsError(f"EMR_ML_RETRAINING_CRON or EMR_ML_TIME_ZONE: {error}") from error


def _evaluation(settings: Settings) -> dg.ScheduleDefinition:
    def tick(_: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        # the lake is opened with each tick: it may be in S3, and its credentials may change
        if read_champion(open_lake(settings.lake)) is None:
            return dg.SkipReason(NO_CHAMPION)
        return dg.RunRequest()

    try:
        return dg.ScheduleDefinition(
            name="evaluation_schedule",
            job=evaluation_job,
            cron_schedule=settings.evaluation_cron,
            execution_timezone=settings.time_zone,
            execution_fn=tick,
            description="Measures the champion on the newest data; on unchanged data, all is "
            "reused.",
        )
    except dg.DagsterInvalidDefinitionError as error:
        raise SettingsError(f"EMR_ML_EVALUATION_CRON or EMR_ML_TIME_ZONE: {error}") from error


def _cleaning(settings: Settings) -> dg.ScheduleDefinition:
    config = {"dry_run": not settings.retention_removes}
    try:
        return dg.ScheduleDefinition(
            name="cleaning_schedule",
            job=clean_lake_job,
            cron_schedule=settings.retention_cron,
            execution_timezone=settings.time_zone,
            run_config={"ops": {clean_lake.name: {"config": config}}},
            description="Lists what may go from the lake; removes it if EMR_ML_RETENTION_REMOVES "
            "is set.",
        )
    except dg.DagsterInvalidDefinitionError as error:
        raise SettingsError(f"EMR_ML_RETENTION_CRON or EMR_ML_TIME_ZONE: {error}") from error
