"""What a step and a cluster cost: instance-hours by market, and USD at list prices.

These are estimates: discounts, disks and traffic are not included, and the price of a spot
instance is the one at the time it was requested.

A step is charged for the whole cluster while it runs. Steps that run at the same time share the
cost of that time equally. Start-up and idle time belong to no step, so a cluster costs more than
all its steps together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from emr_ml.aws import SILENT_LOG, time_limits
from emr_ml.aws.client import Api
from emr_ml.aws.problems import diagnose
from emr_ml.launchers.emr.cost.prices import ON_DEMAND, SPOT, hourly_price

SHORTEST_BILLED = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MARKET_NAMES = {ON_DEMAND: "on demand", SPOT: "spot"}

# start and end of a step; the end is None while it runs
Span = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Cost:
    """Instance-hours, and USD if all prices are known.

    Args:
        hours: by market, `ON_DEMAND` or `SPOT`.
        usd: None if a price is missing.
        reason: why USD or hours are missing.
        note: what else the user should know.
    """

    hours: Mapping[str, float] = field(default_factory=dict[str, float])
    usd: float | None = None
    reason: str | None = None
    note: str | None = None

    def text(self) -> str:
        """Return one line for people."""
        hours = ", ".join(
            f"{hours:.2f} {MARKET_NAMES.get(market, market)}"
            for market, hours in self.hours.items()
        )
        parts = [f"{hours} instance-hours"] if hours else []
        parts += [f"{self.usd:.2f} USD"] if self.usd is not None else []
        parts += [part for part in (self.reason, self.note) if part]
        return "; ".join(parts)


@dataclass(frozen=True)
class Instance:
    """An instance of a cluster; `end` is None while it runs."""

    type: str
    market: str
    start: datetime
    end: datetime | None


BilledTime = Callable[[Instance], timedelta]


def step_cost(
    cluster_id: str,
    start: datetime,
    end: datetime,
    *,
    region: str,
    zone: str | None = None,
    others: Sequence[Span] = (),
    spot_tasks: bool = False,
) -> Cost:
    """Return the step's share of its cluster's cost from `start` to `end`. Never raises.

    Args:
        zone: the cluster's availability zone, because spot prices differ between zones.
        others: spans of the cluster's other steps: while n steps run, each pays one nth.
        spot_tasks: all task instances should be spot; others then cause a note.
    """
    intervals = _intervals(start, end, others)

    def billed_time(instance: Instance) -> timedelta:
        shares = (_overlap(instance, first, last, end) / steps for first, last, steps in intervals)
        return sum(shares, timedelta())

    return _cost(cluster_id, billed_time, region, zone, spot_tasks=spot_tasks)


def cluster_cost(
    cluster_id: str,
    *,
    region: str,
    zone: str | None = None,
    until: datetime | None = None,
    spot_tasks: bool = False,
) -> Cost:
    """Return the cluster's cost from its start to its end, or until now. Never raises.

    Each instance is billed by the second, with a minimum of one minute. Arguments as for
    `step_cost`.
    """
    now = until or datetime.now(UTC)

    def billed_time(instance: Instance) -> timedelta:
        return max((instance.end or now) - instance.start, SHORTEST_BILLED)

    return _cost(cluster_id, billed_time, region, zone, spot_tasks=spot_tasks)


def _cost(
    cluster_id: str, billed_time: BilledTime, region: str, zone: str | None, *, spot_tasks: bool
) -> Cost:
    emr = Api(
        *("emr", time_limits.COST, SILENT_LOG, region),
        first_pause=0.5,
        read_timeout=time_limits.COST,
    )
    try:
        instances = _instances(emr, ClusterId=cluster_id)
        note = _on_demand_tasks_note(emr, cluster_id) if spot_tasks else None
    except Exception as error:
        # a cost is only information, so nothing may fail because of it
        return Cost(reason=f"the instances could not be listed: {diagnose(error).what}")
    usage = [(instance, billed_time(instance)) for instance in instances]
    return _priced(usage, region, zone, note)


def _priced(
    usage: Iterable[tuple[Instance, timedelta]], region: str, zone: str | None, note: str | None
) -> Cost:
    hours: dict[str, float] = {}
    usd, unknown = 0.0, list[str]()
    for instance, time in usage:
        if not time:
            continue
        hours[instance.market] = hours.get(instance.market, 0.0) + time / HOUR
        price = hourly_price(region, instance.type, instance.market, instance.start, zone)
        if price is None:
            market = MARKET_NAMES.get(instance.market, instance.market)
            unknown.append(f"{instance.type} {market}")
        else:
            usd += price * (time / HOUR)
    if not hours:
        return Cost(reason="no instance has run", note=note)
    if unknown:
        missing = ", ".join(sorted(set(unknown)))
        return Cost(hours, reason=f"AWS returned no price for {missing}", note=note)
    return Cost(hours, usd, note=note)


def _instances(emr: Api, **selection: Any) -> list[Instance]:
    instances: list[Instance] = []
    for page in emr.pages("list_instances", "Instances", **selection):
        for entry in page:
            status = entry["Status"]
            timeline = status.get("Timeline", {})
            if status["State"] != "AWAITING_FULFILLMENT" and "CreationDateTime" in timeline:
                instances.append(
                    Instance(
                        entry["InstanceType"],
                        entry.get("Market", ON_DEMAND),
                        timeline["CreationDateTime"],
                        timeline.get("EndDateTime"),
                    )
                )
    return instances


def _on_demand_tasks_note(emr: Api, cluster_id: str) -> str | None:
    """Return a note if EMR replaced spot task instances by on-demand instances."""
    tasks = _instances(emr, ClusterId=cluster_id, InstanceFleetType="TASK")
    on_demand = sum(task.market == ON_DEMAND for task in tasks)
    if not on_demand:
        return None
    return (
        f"{on_demand} of {len(tasks)} task instances are on demand, because spot capacity was not "
        "available in time: add instance types or subnets"
    )


def _intervals(
    start: datetime, end: datetime, others: Sequence[Span]
) -> list[tuple[datetime, datetime, int]]:
    """Split the time where other steps start or end, with the number of steps in each interval."""
    cuts = {time for span in others for time in span if time and start < time < end}
    return [
        (first, last, 1 + sum(a <= first and (b is None or b >= last) for a, b in others))
        for first, last in pairwise(sorted({start, end} | cuts))
    ]


def _overlap(instance: Instance, first: datetime, last: datetime, end: datetime) -> timedelta:
    overlap = min(instance.end or end, last) - max(instance.start, first)
    return max(overlap, timedelta())
