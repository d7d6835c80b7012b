"""Schedules: retraining, evaluation of the champion, and cleaning of the lake."""

from typing import Any

import dagster as dg

from emr_ml.jobs import Job
from emr_ml.lake.champion import NO_CHAMPION, read_champion
from emr_ml.pipeline import Pipeline
from emr_ml.settings import Settings, SettingsError
from emr_ml.stack import with_stack
from spark_jobs.runtime.lake import open_lake


def pipeline_schedules(
    pipeline: Pipeline, training: Job, evaluation: Job, settings: Settings
) -> list[dg.ScheduleDefinition]:
    """Return the schedules of a pipeline.

    Raises:
        SettingsError: a cron expression or the time zone is invalid.
    """
    return [_retraining(pipeline, training), _evaluation(pipeline, evaluation, settings)]


def _retraining(pipeline: Pipeline, job: Job) -> dg.ScheduleDefinition:
    return _schedule(
        pipeline.name("retraining_schedule"),
        pipeline.retraining_cron,
        pipeline.time_zone,
        "RETRAINING",
        job=job,
        description="Trains on the current files of the source; if nothing changed, all is reused.",
    )


def _evaluation(pipeline: Pipeline, job: Job, settings: Settings) -> dg.ScheduleDefinition:
    def tick(_: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        # the lake is opened at each tick, because credentials for S3 may have changed
        lake = open_lake(with_stack(settings).lake)
        if read_champion(pipeline.lake(lake)) is None:
            return dg.SkipReason(NO_CHAMPION)
        return dg.RunRequest()

    return _schedule(
        pipeline.name("evaluation_schedule"),
        pipeline.evaluation_cron,
        pipeline.time_zone,
        "EVALUATION",
        job=job,
        execution_fn=tick,
        description="Evaluates the champion on the newest data; if nothing changed, all is reused.",
    )


def cleaning_schedule(settings: Settings, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Return the schedule that cleans the lake of all pipelines.

    Raises:
        SettingsError: the cron expression or the time zone is invalid.
    """
    config = {"dry_run": not settings.retention_removes}
    return _schedule(
        "cleaning_schedule",
        settings.cleaning_cron,
        settings.time_zone,
        "CLEANING",
        job=job,
        run_config={"ops": {"clean_lake": {"config": config}}},
        description="Lists garbage in the lake; removes it if EMR_ML_RETENTION_REMOVES is set.",
    )


def _schedule(
    name: str, cron: str, time_zone: str, variable: str, **options: Any
) -> dg.ScheduleDefinition:
    """Return a schedule; `variable` is the middle of its setting's name, for errors."""
    try:
        return dg.ScheduleDefinition(
            name=name, cron_schedule=cron, execution_timezone=time_zone, **options
        )
    except dg.DagsterInvalidDefinitionError as error:
        raise SettingsError(
            f"{name}: EMR_ML_{variable}_CRON or EMR_ML_TIME_ZONE, or `schedules` of the "
            f"pipeline: {error}"
        ) from error
