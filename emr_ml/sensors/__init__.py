"""Sensors: new data, failed and lost runs, compute that was left behind."""

import dagster as dg

from emr_ml.sensors.alerts import failure_alert_sensor
from emr_ml.sensors.idle_applications import idle_application_sensor
from emr_ml.sensors.lost_runs import lost_run_sensor
from emr_ml.sensors.new_data import new_data_sensor
from emr_ml.sensors.old_clusters import old_cluster_sensor
from emr_ml.settings import Deployment, Settings

__all__ = ["new_data_sensor", "shared_sensors"]


def shared_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Return the sensors that watch all pipelines, and what the target may leave running."""
    sensors = [failure_alert_sensor(settings), lost_run_sensor(settings)]
    match settings.deployment:
        case Deployment.EMR:
            return [*sensors, old_cluster_sensor(settings)]
        case Deployment.EMR_SERVERLESS:
            return [*sensors, idle_application_sensor(settings)]
        case _:
            # pods and drivers end with their job, and that at its time limit
            return sensors
