"""What is run at set times."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from emr_ml.definitions import defs
from emr_ml.lake.champion import promote_by_hand
from emr_ml.schedules import schedules_for
from emr_ml.settings import Settings, SettingsError
from spark_jobs.runtime.lake import Lake


def named(name: str, **settings: object) -> dg.ScheduleDefinition:
    found = {each.name: each for each in schedules_for(Settings.model_validate(settings))}
    return found[name]


def ticked(schedule: dg.ScheduleDefinition) -> tuple[int, str | None]:
    """How many runs are asked for, or else why none is."""
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
def test_a_job_is_run_at_the_time_that_is_set(name: str, setting: str, job: str) -> None:
    schedule = named(name, **{setting: "0 5 * * 1", "time_zone": "Europe/Lisbon"})

    assert schedule.cron_schedule == "0 5 * * 1"
    assert schedule.execution_timezone == "Europe/Lisbon"
    assert schedule.job_name == job


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"retraining_cron": "sundays"}, "EMR_ML_RETRAINING_CRON or EMR_ML_TIME_ZONE: "),
        ({"evaluation_cron": "nightly"}, "EMR_ML_EVALUATION_CRON or EMR_ML_TIME_ZONE: "),
        ({"time_zone": "Moon"}, "EMR_ML_RETRAINING_CRON or EMR_ML_TIME_ZONE: "),
    ],
)
def test_a_time_that_is_none_is_a_mistake_in_the_settings(
    wrong: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        schedules_for(Settings.model_validate(wrong))


def test_without_a_champion_there_is_nothing_to_evaluate_and_that_is_said(lake: Lake) -> None:
    runs, why = ticked(named("evaluation_schedule", lake=lake.root))

    assert runs == 0
    assert "there is no champion yet: materialize champion_model" in str(why)


def test_the_champion_is_evaluated_each_night(lake: Lake) -> None:
    promote_by_hand(lake, "a", "")

    assert ticked(named("evaluation_schedule", lake=lake.root)) == (1, None)
