"""What a step's materialization says of how it was run, and what it cost."""

from datetime import UTC, datetime, timedelta
from logging import Logger
from typing import Any

import dagster as dg

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.launchers.emr.cluster_state import Cluster, Step
from emr_ml.launchers.emr.cost.estimate import step_cost
from emr_ml.launchers.emr.failures import StepContext

PATIENCE_SECONDS = 3.0


def step_location(scene: StepContext) -> dict[str, Any]:
    """Where the attempt is to be found on EMR."""
    if not scene.cluster:
        return {}
    return {
        "cluster": scene.cluster,
        "step": scene.step or "none",
        "console": dg.MetadataValue.url(scene.console),
        "log": scene.log,
    }


def step_cost_metadata(
    scene: StepContext, region: str, took: timedelta, *, spot_tasks: bool, log: Logger
) -> dict[str, Any]:
    """Instance-hours by market and USD at list prices; nothing is made up where AWS is silent.

    Args:
        took: how long the job worked: EMR may not say yet that the step has ended.
    """
    api = Api("emr", PATIENCE_SECONDS, log, read_timeout=PATIENCE_SECONDS)
    try:
        steps = [
            Step.of(listed) for listed in api.ask("list_steps", ClusterId=scene.cluster)["Steps"]
        ]
        described = api.ask("describe_cluster", ClusterId=scene.cluster)["Cluster"]
    except AWS_ERRORS as error:
        log.info("what the step cost is not known: %s", error)
        return {}
    own = next((step for step in steps if step.id == scene.step), None)
    if own is None or own.started is None:
        return {}
    cost = step_cost(
        scene.cluster,
        *_span(own, took),
        region=region,
        zone=Cluster.of(described).zone or None,
        others=[_span(step, took) for step in steps if step.started and step.id != scene.step],
        spot_tasks=spot_tasks,
    )
    facts: dict[str, Any] = {
        f"instance_hours_{market.lower()}": round(hours, 6) for market, hours in cost.hours.items()
    }
    if cost.usd is not None:
        facts["cost_usd"] = round(cost.usd, 6)
    for words in (cost.note, cost.reason):
        if words:
            log.info("%s", words)
    return facts | ({"cost_note": cost.note} if cost.note else {})


def _span(step: Step, took: timedelta) -> tuple[datetime, datetime]:
    """From when to when a step ran; up to now, if EMR does not say that it ended."""
    started = datetime.fromisoformat(step.started or "")
    if step.ended:
        return started, datetime.fromisoformat(step.ended)
    return started, max(datetime.now(UTC), started + took)
