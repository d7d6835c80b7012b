"""Sensors: new data, failed and lost runs, compute that was left behind, MLflow."""

from collections.abc import Iterable, Sequence

import dagster as dg

from emr_ml.sensors.alerts import failure_alert_sensor
from emr_ml.sensors.idle_applications import idle_application_sensor
from emr_ml.sensors.lost_runs import lost_run_sensor
from emr_ml.sensors.mlflow import mlflow_sensor
from emr_ml.sensors.new_data import new_data_sensor
from emr_ml.sensors.old_clusters import old_cluster_sensor
from emr_ml.settings import Deployment, Settings

# elsewhere, pods and drivers end with their job, at the latest at its time limit
WATCH = {
    Deployment.EMR: old_cluster_sensor,
    Deployment.EMR_SERVERLESS: idle_application_sensor,
}

__all__ = ["new_data_sensor", "shared_sensors"]


def shared_sensors(
    settings: Settings, targets: Iterable[Settings], prefixes: Sequence[str] = ()
) -> list[dg.SensorDefinition]:
    """Return the sensors that watch all pipelines, and what targets may leave running.

    Args:
        settings: of the environment.
        targets: the settings of each deployment that jobs run on.
        prefixes: key prefixes of the training pipelines, each joined by slashes.
    """
    watching = [WATCH[each.deployment](each) for each in targets if each.deployment in WATCH]
    if settings.mlflow_tracking_uri and prefixes:
        watching.append(mlflow_sensor(settings, prefixes))
    return [failure_alert_sensor(settings), lost_run_sensor(settings), *watching]
