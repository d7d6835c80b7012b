"""Warns about clusters that have been alive for too long."""

from typing import TYPE_CHECKING

import dagster as dg

from emr_ml.aws import time_limits
from emr_ml.sensors.warning import warning_sensor
from emr_ml.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from emr_ml.aws.client import Api
    from emr_ml.launchers.emr.config.model import ClusterConfig
    from emr_ml.launchers.emr.cost.live_clusters import LiveCluster


def old_cluster_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that warns about clusters older than `max_age_hours`."""

    return warning_sensor(
        "old_cluster_sensor",
        "Warns about live clusters of this project that exceed their maximum age.",
        settings,
        _check_clusters,
        "old clusters",
    )


def _check_clusters(settings: Settings) -> tuple[list[str], str]:
    """Return warnings, and a summary for the case that there are none."""
    # boto3 takes half a second to import, and this module is imported with the definitions
    import logging
    from datetime import UTC, datetime

    from emr_ml.aws.client import Api
    from emr_ml.aws.region import region_name
    from emr_ml.launchers.emr.config.loading import load_cluster_config
    from emr_ml.launchers.emr.cost.live_clusters import live_clusters

    now, region = datetime.now(UTC), region_name()
    emr = Api("emr", time_limits.SENSOR, logging.getLogger("emr_ml"), region)
    config = load_cluster_config(settings)
    clusters = list(live_clusters(emr))
    max_hours = config.max_age_hours
    old = [cluster for cluster in clusters if _age_hours(cluster, now) > max_hours]
    warnings = [_warning(emr, cluster, config, region or "", now) for cluster in old]
    return warnings, f"live clusters: {len(clusters)}, none older than {max_hours:g} hours"


def _age_hours(cluster: "LiveCluster", now: "datetime") -> float:
    return cluster.age(now).total_seconds() / 3600


def _warning(
    emr: "Api", cluster: "LiveCluster", config: "ClusterConfig", region: str, now: "datetime"
) -> str:
    from emr_ml.launchers.emr.cluster_state import console_link

    age = f"{_age_hours(cluster, now):.1f} hours, longer than {config.max_age_hours:g}"
    return (
        f"cluster {cluster.id} ({cluster.name}) has been alive for {age}: {cluster.state}, "
        f"{_end(emr, cluster, config, now)}; {console_link(region, cluster.id)}. "
        f"If you do not need it, run `emr-ml compute --terminate-idle` to end it once it is idle, "
        f"or `aws emr terminate-clusters --cluster-ids {cluster.id}` to end it now; if you do, "
        "raise `max_age_hours` in the cluster configuration"
    )


def _end(emr: "Api", cluster: "LiveCluster", config: "ClusterConfig", now: "datetime") -> str:
    from datetime import UTC

    from emr_ml.aws.client import AWS_ERRORS
    from emr_ml.aws.problems import diagnose
    from emr_ml.launchers.emr.cost.live_clusters import describe_details

    try:
        details = describe_details(emr, cluster, config, now)
    except AWS_ERRORS as error:
        return f"its end is not known: {diagnose(error)}"
    end = details.latest_end.astimezone(UTC)
    return f"active steps: {details.active_steps}, ends by {end:%Y-%m-%d %H:%M} UTC at the latest"
