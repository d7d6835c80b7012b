"""The sensor of failed runs, through Dagster's own context."""

import dagster as dg
import pytest

from emr_ml.sensors.alerts import failure_alert_sensor
from emr_ml.settings import Settings

CAUSE = "there is nothing at data.csv:\n  check the path of the source"


@dg.asset
def raw_csv_s3() -> None:
    raise dg.Failure(CAUSE)


def test_a_failed_run_is_reported_with_asset_cause_and_link(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sensor = failure_alert_sensor(Settings.model_validate({"ui_url": "http://dagster.test/"}))
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.Definitions(
            assets=[raw_csv_s3], jobs=[dg.define_asset_job("training_job")]
        ).resolve_job_def("training_job")
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="failure_alert_sensor",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        sensor(context)

    alert = capsys.readouterr().err
    assert "emr_ml: training_job failed" in alert
    assert (
        "raw_csv_s3: failed: there is nothing at data.csv: check the path of the source\n"
        f"http://dagster.test/runs/{result.run_id}"
    ) in alert


def test_the_failure_sensor_runs_by_default() -> None:
    sensor = failure_alert_sensor(Settings.model_validate({}))

    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
