"""Dagster metadata of a step: what it cost."""

from datetime import UTC, datetime, timedelta
from logging import Logger
from typing import Any

from emr_ml.aws import time_limits
from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.launchers.emr.cluster_state import Step, describe_cluster
from emr_ml.launchers.emr.cost.estimate import step_cost


def cost_metadata(
    cluster: str,
    step: str,
    region: str,
    job: tuple[datetime, datetime],
    *,
    shares_step: bool,
    spot_tasks: bool,
    log: Logger,
) -> dict[str, Any]:
    """Return instance-hours by market, and USD at list prices as far as AWS lists them.

    Args:
        cluster: id of the cluster.
        step: id of the step.
        region: AWS region.
        job: its start and end: EMR may not have reported the end of the step yet.
        shares_step: whether the step was added for another attempt, which pays for its start.
        spot_tasks: whether the configuration wants all task instances on spot.
        log: the run's log.
    """
    api = Api("emr", time_limits.COST, log, read_timeout=time_limits.COST)
    try:
        listed = api.ask("list_steps", ClusterId=cluster)["Steps"]
        zone = describe_cluster(api, cluster).zone
    except AWS_ERRORS as error:
        log.info("the cost of the step is not known: %s", error)
        return {}
    steps = {each.id: each for each in map(Step.of, listed) if each.started}
    own = steps.pop(step, None)
    if own is None:
        return {}
    duration = job[1] - job[0]
    cost = step_cost(
        cluster,
        *(job if shares_step else _span(own, duration)),
        region=region,
        zone=zone or None,
        others=[_span(other, duration) for other in steps.values()],
        spot_tasks=spot_tasks,
    )
    for line in (cost.note, cost.reason):
        if line:
            log.info("%s", line)
    metadata: dict[str, Any] = {
        f"instance_hours_{market.lower()}": round(hours, 6) for market, hours in cost.hours.items()
    }
    if cost.usd is not None:
        metadata["cost_usd"] = round(cost.usd, 6)
    if cost.note:
        metadata["cost_note"] = cost.note
    return metadata


def _span(step: Step, duration: timedelta) -> tuple[datetime, datetime]:
    """Return the start and end of a step, or its likely end if EMR has not reported it."""
    started = datetime.fromisoformat(step.started or "")
    if step.ended:
        return started, datetime.fromisoformat(step.ended)
    return started, max(datetime.now(UTC), started + duration)
