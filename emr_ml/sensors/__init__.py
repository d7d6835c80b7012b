"""Sensors: new data, failed and lost runs, old clusters."""

import dagster as dg

from emr_ml.jobs import sales_job, scoring_job, training_job
from emr_ml.sensors.alerts import failure_alert_sensor
from emr_ml.sensors.lost_runs import lost_run_sensor
from emr_ml.sensors.new_data import new_data_sensor
from emr_ml.sensors.old_clusters import old_cluster_sensor
from emr_ml.settings import Settings


def sensors_for(settings: Settings) -> list[dg.SensorDefinition]:
    """Return the sensors of a deployment; only one on EMR has clusters to watch."""
    sources = [
        new_data_sensor("new_data_sensor", training_job, "source", settings),
        new_data_sensor("new_scoring_data_sensor", scoring_job, "scoring_source", settings),
        new_data_sensor("new_sales_sensor", sales_job, "sales_source", settings),
    ]
    clusters = [old_cluster_sensor(settings)] if settings.deployment.uses_emr else []
    runs = [failure_alert_sensor(settings), lost_run_sensor(settings)]
    return [*sources, *runs, *clusters]
