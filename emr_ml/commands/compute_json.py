"""What `emr-ml compute --json` prints: what runs on one deployment, as JSON values."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, assert_never

from emr_ml.aws import time_limits
from emr_ml.settings import Deployment, Settings

if TYPE_CHECKING:
    from emr_ml.aws.client import Api

Row = dict[str, Any]


def running(settings: Settings) -> list[Row]:
    """Return the clusters, applications or drivers that run, with times in UTC.

    Raises:
        UserError: a configuration can't be used.
        ClientError, BotoCoreError, UnansweredError: the service does not list them.
    """
    from emr_ml.aws.region import region_name

    match settings.deployment:
        case Deployment.LOCAL:
            # with a region, clusters may be left from runs on AWS
            return [*_warm_spark(), *(_clusters(settings) if region_name() else [])]
        case Deployment.EMR:
            return [*_clusters(settings)]
        case Deployment.EMR_SERVERLESS:
            return [*_applications(settings)]
        case Deployment.EMR_EKS:
            return []  # pods end with their job
        case Deployment.SPARK_SUBMIT:
            return [*_drivers(settings)]
        case _:
            assert_never(settings.deployment)


def _api(service: str) -> "tuple[Api, str]":
    from botocore.exceptions import NoRegionError

    from emr_ml.aws.client import Api
    from emr_ml.aws.region import region_name

    region = region_name()
    if region is None:
        raise NoRegionError
    return Api(service, time_limits.COMMAND, logging.getLogger("emr_ml"), region), region


def _warm_spark() -> Iterator[Row]:
    from emr_ml.warm.channel import WarmError
    from emr_ml.warm.client import holder_state

    try:
        state = holder_state()
    except WarmError as error:
        yield {"warm_spark": None, "problem": str(error)}
        return
    if state:
        yield {
            "warm_spark": state["java"],
            "used_by_process": state["run"] or None,
            "seconds_left": state["seconds_left"],
        }


def _clusters(settings: Settings) -> Iterator[Row]:
    from emr_ml.aws.client import AWS_ERRORS
    from emr_ml.aws.problems import diagnose
    from emr_ml.commands.clusters import cluster_config
    from emr_ml.launchers.emr.cost.estimate import cluster_cost
    from emr_ml.launchers.emr.cost.live_clusters import describe_details, live_clusters

    emr, region = _api("emr")
    config = cluster_config(settings)
    for cluster in live_clusters(emr):
        row: Row = {"id": cluster.id, "name": cluster.name, "state": cluster.state}
        row["created"] = _iso(cluster.created)
        try:
            details = describe_details(emr, cluster, config, datetime.now(UTC))
        except AWS_ERRORS as error:
            yield {**row, "problem": str(diagnose(error))}
            continue
        cost = cluster_cost(cluster.id, region=region, zone=details.zone)
        yield {
            **row,
            "run_id": details.run_id or None,
            "active_steps": details.active_steps,
            "idle": details.is_idle,
            "latest_end": _iso(details.latest_end),
            "cost_usd": cost.usd,
            "instance_hours": cost.hours,
            "cost_note": cost.reason or cost.note,
        }


def _applications(settings: Settings) -> Iterator[Row]:
    from emr_ml.commands.applications import serverless_config
    from emr_ml.launchers.serverless.live_applications import live_applications
    from emr_ml.launchers.serverless.requests import SERVICE

    api, _ = _api(SERVICE)
    for each in live_applications(api, serverless_config(settings)):
        yield {
            "id": each.id,
            "name": each.name,
            "state": each.state,
            "since": _iso(each.updated),
            "active_jobs": each.active_jobs,
            "idle": each.is_idle,
        }


def _drivers(settings: Settings) -> Iterator[Row]:
    from emr_ml.commands.drivers import live_pods, running_drivers
    from emr_ml.launchers.spark_submit.config import load_spark_submit_config
    from emr_ml.launchers.spark_submit.pods import created

    config = load_spark_submit_config(settings)
    if config.deploy_mode == "cluster" and config.kubernetes:
        for pod in live_pods(config.kubernetes)[0]:
            metadata = pod["metadata"]
            labels = metadata.get("labels") or {}
            yield {
                "pod": metadata["name"],
                "state": pod["status"].get("phase", "Pending"),
                "created": _iso(created(pod)),
                "asset": labels.get("emr-ml/asset"),
                "attempt": labels.get("emr-ml/attempt"),
            }
        return
    for each in running_drivers(config.drivers):
        started = datetime.fromtimestamp(each.started, UTC)
        yield {
            "pid": each.pid,
            "state": "RUNNING",
            "created": _iso(started),
            "name": each.name,
            "log": str(each.log),
        }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
