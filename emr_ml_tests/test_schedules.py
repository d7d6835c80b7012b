"""When schedules run, and which jobs."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from emr_ml.components.training_pipeline import pipeline_definitions
from emr_ml.definitions import defs
from emr_ml.lake.champion import promote_by_hand
from emr_ml.pipeline import Pipeline
from emr_ml.settings import Settings, SettingsError
from spark_jobs.runtime.lake import Lake


def schedule_of(name: str, **settings: object) -> dg.ScheduleDefinition:
    schedules = schedules_of(Settings.model_validate(settings))
    return {each.name: each for each in schedules}[name]


def schedules_of(settings: Settings) -> list[dg.ScheduleDefinition]:
    made = pipeline_definitions(Pipeline.of_settings(settings), settings).schedules or ()
    return [each for each in made if isinstance(each, dg.ScheduleDefinition)]


def evaluate_tick(schedule: dg.ScheduleDefinition) -> tuple[int, str | None]:
    """Return how many runs are requested, or why none is."""
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=datetime(2026, 11, 21, 4, tzinfo=UTC),
            repository_def=defs.get_repository_def(),
        )
        tick = schedule.evaluate_tick(context)
        return len(tick.run_requests or ()), tick.skip_message


@pytest.mark.parametrize(
    ("name", "setting", "job"),
    [
        ("retraining_schedule", "retraining_cron", "training_job"),
        ("evaluation_schedule", "evaluation_cron", "evaluation_job"),
    ],
)
def test_a_schedule_runs_its_job_at_the_configured_time(name: str, setting: str, job: str) -> None:
    schedule = schedule_of(name, **{setting: "0 5 * * 1", "time_zone": "Europe/Lisbon"})

    assert schedule.cron_schedule == "0 5 * * 1"
    assert schedule.execution_timezone == "Europe/Lisbon"
    assert schedule.job_name == job


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (
            {"retraining_cron": "sundays"},
            "retraining_schedule: EMR_ML_RETRAINING_CRON or EMR_ML_TIME_ZONE",
        ),
        (
            {"evaluation_cron": "nightly"},
            "evaluation_schedule: EMR_ML_EVALUATION_CRON or EMR_ML_TIME_ZONE",
        ),
        ({"time_zone": "Moon"}, "retraining_schedule: EMR_ML_RETRAINING_CRON or EMR_ML_TIME_ZONE"),
    ],
)
def test_an_invalid_time_is_a_settings_error(settings: dict[str, str], error: str) -> None:
    with pytest.raises(SettingsError, match=error):
        schedules_of(Settings.model_validate(settings))


def test_the_evaluation_is_skipped_without_a_champion(lake: Lake) -> None:
    runs, reason = evaluate_tick(schedule_of("evaluation_schedule", lake=lake.root))

    assert runs == 0
    assert "there is no champion yet: materialize champion_model" in str(reason)


def test_the_evaluation_runs_with_a_champion(lake: Lake) -> None:
    promote_by_hand(lake, "a", "")

    assert evaluate_tick(schedule_of("evaluation_schedule", lake=lake.root)) == (1, None)
