"""Sensors: new data, failed and lost runs, old clusters."""

import dagster as dg

from emr_ml.sensors.alerts import failure_alert_sensor
from emr_ml.sensors.lost_runs import lost_run_sensor
from emr_ml.sensors.new_data import new_data_sensor
from emr_ml.sensors.old_clusters import old_cluster_sensor
from emr_ml.settings import Settings

__all__ = ["new_data_sensor", "shared_sensors"]


def shared_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Return the sensors that watch all pipelines; only one on EMR has clusters to watch."""
    clusters = [old_cluster_sensor(settings)] if settings.deployment.uses_emr else []
    return [failure_alert_sensor(settings), lost_run_sensor(settings), *clusters]
