"""Dagster metadata of a step: where it ran, and what it cost."""

from datetime import UTC, datetime, timedelta
from logging import Logger
from typing import Any

import dagster as dg

from emr_ml.aws import time_limits
from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.launchers.emr.cluster_state import Step, describe_cluster
from emr_ml.launchers.emr.cost.estimate import step_cost
from emr_ml.launchers.emr.failures import StepContext


def location_metadata(step: StepContext) -> dict[str, Any]:
    """Return where the attempt ran on EMR; nothing before it has a cluster."""
    if not step.cluster:
        return {}
    return {
        "cluster": step.cluster,
        "step": step.id or "none",
        "console": dg.MetadataValue.url(step.console),
        "log": step.log,
    }


def cost_metadata(
    step: StepContext, region: str, duration: timedelta, *, spot_tasks: bool, log: Logger
) -> dict[str, Any]:
    """Return instance-hours by market, and USD at list prices as far as AWS lists them.

    Args:
        step: where the attempt ran.
        region: AWS region.
        duration: of the job: EMR may not have reported the end of the step yet.
        spot_tasks: whether the configuration wants all task instances on spot.
        log: the run's log.
    """
    api = Api("emr", time_limits.COST, log, read_timeout=time_limits.COST)
    try:
        listed = api.ask("list_steps", ClusterId=step.cluster)["Steps"]
        zone = describe_cluster(api, step.cluster).zone
    except AWS_ERRORS as error:
        log.info("the cost of the step is not known: %s", error)
        return {}
    steps = {each.id: each for each in map(Step.of, listed) if each.started}
    own = steps.pop(step.id, None)
    if own is None:
        return {}
    cost = step_cost(
        step.cluster,
        *_span(own, duration),
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
