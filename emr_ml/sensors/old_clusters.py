"""Warns about clusters that are alive for too long."""

from typing import TYPE_CHECKING

import dagster as dg

from emr_ml.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from emr_ml.aws.client import Api
    from emr_ml.launchers.emr.config.model import ClusterConfig
    from emr_ml.launchers.emr.cost.live_clusters import LiveCluster

QUARTER_OF_AN_HOUR = 900
PATIENCE_SECONDS = 20.0


def old_cluster_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor of clusters that are past their maximum age."""

    @dg.sensor(
        name="old_cluster_sensor",
        minimum_interval_seconds=QUARTER_OF_AN_HOUR,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Warns about clusters of this project that are alive past their maximum age.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        warnings, calm = _look(settings)
        for warning in warnings:
            context.log.warning(warning)
        return dg.SkipReason("\n".join(warnings) or calm)

    return sensor


def _look(settings: Settings) -> tuple[list[str], str]:
    """Warnings, and what to say if there are none. Trouble with AWS is a warning too."""
    # boto3 takes half a second to import, which loading the definitions must not take
    import logging
    from datetime import UTC, datetime

    from emr_ml.aws.client import AWS_ERRORS, Api
    from emr_ml.aws.problems import diagnose
    from emr_ml.aws.region import region_name
    from emr_ml.launchers.emr.config.loading import ClusterConfigError, load_cluster_config
    from emr_ml.launchers.emr.cost.live_clusters import live_clusters

    now = datetime.now(UTC)
    try:
        region = region_name()
        emr = Api("emr", PATIENCE_SECONDS, logging.getLogger("emr_ml"), region)
        config = load_cluster_config(settings)
        found = list(live_clusters(emr))
        hours = config.max_age_hours
        old = [cluster for cluster in found if _age(cluster, now) > hours]
        warnings = [_warning(emr, cluster, config, region or "", now) for cluster in old]
    except ClusterConfigError as error:
        return [f"old clusters were not looked for: {error}"], ""
    except AWS_ERRORS as error:
        return [f"old clusters were not looked for: {diagnose(error)}"], ""
    return warnings, f"clusters alive: {len(found)}, none for more than {hours:g} hours"


def _age(cluster: "LiveCluster", now: "datetime") -> float:
    """In hours."""
    return (now - cluster.created).total_seconds() / 3600


def _warning(
    emr: "Api", cluster: "LiveCluster", config: "ClusterConfig", region: str, now: "datetime"
) -> str:
    from emr_ml.launchers.emr.cluster_state import console_link

    return (
        f"cluster {cluster.id} ({cluster.name}) is alive for {_age(cluster, now):.1f} hours, more "
        f"than {config.max_age_hours:g}: {cluster.state}, {_end(emr, cluster, config, now)}; "
        f"{console_link(region, cluster.id)}. "
        "If it is not needed, `emr-ml clusters --terminate-idle` ends it once it is idle, and "
        f"`aws emr terminate-clusters --cluster-ids {cluster.id}` at once; if it is, raise "
        "`max_age_hours` in the cluster configuration"
    )


def _end(emr: "Api", cluster: "LiveCluster", config: "ClusterConfig", now: "datetime") -> str:
    from datetime import UTC

    from emr_ml.aws.client import AWS_ERRORS
    from emr_ml.aws.problems import diagnose
    from emr_ml.launchers.emr.cost.live_clusters import inspect

    try:
        seen = inspect(emr, cluster, config, now)
    except AWS_ERRORS as error:
        return f"its end is not known: {diagnose(error)}"
    steps = f"active steps: {seen.active}"
    return f"{steps}, ends by {seen.ends_by.astimezone(UTC):%Y-%m-%d %H:%M} UTC at the latest"
