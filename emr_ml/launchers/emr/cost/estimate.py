"""What a step and a cluster cost: instance-hours by market, and USD at list prices.

An estimate: discounts, disks and traffic are not in it, and a spot instance counts at the price
of the moment when it was asked for.

A step is charged with the whole cluster for the time that it ran, and where steps ran side by
side, each with an equal share of that time. Starting up and idling belong to no step, so a
cluster costs more than all its steps.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from emr_ml.aws.client import Api, error_code
from emr_ml.launchers.emr.cost.prices import ON_DEMAND, QUIET, SPOT, hourly_price

PATIENCE_SECONDS = 3.0
SHORTEST_BILLED = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WORDS = {ON_DEMAND: "on demand", SPOT: "spot"}

# a span of a step: from, and to, which is None while it runs
Span = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Cost:
    """Instance-hours by market (`ON_DEMAND`, `SPOT`), and USD if every price is known.

    `reason` says why USD, or the hours too, are missing; `note` what else is worth knowing.
    """

    hours: Mapping[str, float] = field(default_factory=dict[str, float])
    usd: float | None = None
    reason: str | None = None
    note: str | None = None

    def text(self) -> str:
        """One line for people."""
        hours = ", ".join(
            f"{hours:.2f} {WORDS.get(market, market)}" for market, hours in self.hours.items()
        )
        parts = [f"{hours} instance-hours"] if hours else []
        parts += [f"{self.usd:.2f} USD"] if self.usd is not None else []
        parts += [part for part in (self.reason, self.note) if part]
        return "; ".join(parts)


@dataclass(frozen=True)
class Instance:
    """An instance that a cluster has or had; `until` is None while it runs."""

    type: str
    market: str
    since: datetime
    until: datetime | None


Used = Callable[[Instance], timedelta]


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
    """The step's share of its cluster from `start` to `end`. Never raises.

    Args:
        zone: the cluster's availability zone, by which spot prices differ.
        others: spans of other steps of the cluster: while n steps ran, each bears one nth.
        spot_tasks: whether all task instances were to be spot, so that others are worth a note.
    """
    parts = _parts(start, end, others)

    def used(instance: Instance) -> timedelta:
        return sum(
            (_overlap(instance, first, last, end) / n for first, last, n in parts), timedelta()
        )

    return _cost(cluster_id, used, region, zone, spot_tasks=spot_tasks)


def cluster_cost(
    cluster_id: str,
    *,
    region: str,
    zone: str | None = None,
    until: datetime | None = None,
    spot_tasks: bool = False,
) -> Cost:
    """What the cluster cost from its start until it ended, or until now. Never raises.

    Each instance is billed by the second, but for a minute at least. Arguments as for a step.
    """
    now = until or datetime.now(UTC)

    def used(instance: Instance) -> timedelta:
        return max((instance.until or now) - instance.since, SHORTEST_BILLED)

    return _cost(cluster_id, used, region, zone, spot_tasks=spot_tasks)


def _cost(cluster_id: str, used: Used, region: str, zone: str | None, *, spot_tasks: bool) -> Cost:
    emr = Api(
        "emr", PATIENCE_SECONDS, QUIET, region, first_pause=0.5, read_timeout=PATIENCE_SECONDS
    )
    try:
        instances = _instances(emr, ClusterId=cluster_id)
        note = _switched(emr, cluster_id) if spot_tasks else None
    except Exception as error:
        # it is nice to know, and nothing may fail for it
        return Cost(reason=f"the instances could not be listed: {error_code(error) or error}")
    return _priced([(instance, used(instance)) for instance in instances], region, zone, note)


def _priced(
    uses: Iterable[tuple[Instance, timedelta]], region: str, zone: str | None, note: str | None
) -> Cost:
    hours: dict[str, float] = {}
    usd, unknown = 0.0, list[str]()
    for instance, time in uses:
        if not time:
            continue
        hours[instance.market] = hours.get(instance.market, 0.0) + time / HOUR
        price = hourly_price(region, instance.type, instance.market, instance.since, zone)
        if price is None:
            unknown.append(f"{instance.type} {WORDS.get(instance.market, instance.market)}")
        else:
            usd += price * (time / HOUR)
    if not hours:
        return Cost(reason="no instance has run", note=note)
    if unknown:
        missing = ", ".join(sorted(set(unknown)))
        return Cost(hours, reason=f"AWS tells no price of {missing}", note=note)
    return Cost(hours, usd, note=note)


def _instances(emr: Api, **which: Any) -> list[Instance]:
    found: list[Instance] = []
    for page in emr.pages("list_instances", "Instances", **which):
        for entry in page:
            status = entry["Status"]
            timeline = status.get("Timeline", {})
            if status["State"] != "AWAITING_FULFILLMENT" and "CreationDateTime" in timeline:
                found.append(
                    Instance(
                        entry["InstanceType"],
                        entry.get("Market", ON_DEMAND),
                        timeline["CreationDateTime"],
                        timeline.get("EndDateTime"),
                    )
                )
    return found


def _switched(emr: Api, cluster_id: str) -> str | None:
    tasks = _instances(emr, ClusterId=cluster_id, InstanceFleetType="TASK")
    switched = sum(task.market == ON_DEMAND for task in tasks)
    if not switched:
        return None
    return (
        f"{switched} of {len(tasks)} task instances came on demand, because spot was not to be had "
        "in time: name more instance types or subnets"
    )


def _parts(
    start: datetime, end: datetime, others: Sequence[Span]
) -> list[tuple[datetime, datetime, int]]:
    """The time cut where other steps begin and end, and how many steps ran in each part."""
    within = {moment for span in others for moment in span if moment and start < moment < end}
    return [
        (first, last, 1 + sum(a <= first and (b is None or b >= last) for a, b in others))
        for first, last in pairwise(sorted({start, end} | within))
    ]


def _overlap(instance: Instance, first: datetime, last: datetime, end: datetime) -> timedelta:
    both = min(instance.until or end, last) - max(instance.since, first)
    return max(both, timedelta())
