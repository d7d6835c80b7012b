"""What is run at set times."""

import dagster as dg
import pytest

from emr_ml.schedules import schedules_for
from emr_ml.settings import Settings, SettingsError


def retraining(**settings: object) -> dg.ScheduleDefinition:
    (schedule,) = schedules_for(Settings.model_validate(settings))
    return schedule


def test_the_model_is_trained_at_the_time_that_is_set() -> None:
    schedule = retraining(retraining_cron="0 5 * * 1", time_zone="Europe/Lisbon")

    assert schedule.cron_schedule == "0 5 * * 1"
    assert schedule.execution_timezone == "Europe/Lisbon"
    assert schedule.job_name == "training_job"


@pytest.mark.parametrize("wrong", [{"retraining_cron": "sundays"}, {"time_zone": "Moon"}])
def test_a_time_that_is_none_is_a_mistake_in_the_settings(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="EMR_ML_RETRAINING_CRON or EMR_ML_TIME_ZONE: "):
        retraining(**wrong)
