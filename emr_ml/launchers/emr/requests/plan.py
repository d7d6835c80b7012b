"""What would be asked of EMR, and what an hour of it costs, before anything is."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.context import Endpoint
from emr_ml.launchers.emr.requests.job_flow import run_job_flow_request
from emr_ml.launchers.emr.requests.step import add_steps_request, step_config, step_name
from emr_ml.launchers.emr.shipping.packages import planned_packages
from spark_jobs.runtime.report import job_key

# what only a run knows
VERSION, CLUSTER, RUN = "<version>", "<cluster>", "<run id>"

Price = Callable[[str, str], float | None]


@dataclass(frozen=True)
class Plan:
    """The parameters of RunJobFlow, and of AddJobFlowSteps for each asset."""

    run_job_flow: Mapping[str, Any]
    add_job_flow_steps: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Item:
    """Instances of one fleet and market: how many units, and the hourly price by type, if known.

    The price is for all of them, were they all of that type.
    """

    fleet: str
    market: str
    units: int
    usd: Mapping[str, float | None]

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The lowest and the highest price; None unless all are known."""
        known = [price for price in self.usd.values() if price is not None]
        return (min(known), max(known)) if known and len(known) == len(self.usd) else None


def make_plan(config: ClusterConfig, target: Endpoint, assets: Sequence[str]) -> Plan:
    """The exact requests, but for the version, the cluster's id and the run's.

    Raises:
        ClusterConfigError: EMR would not take them.
        PackagesError: a file that nodes need can't be read.
    """
    packages = planned_packages(target.lake, config, target.endpoint)
    steps: dict[str, Mapping[str, Any]] = {}
    for asset in assets:
        request = f"{target.lake}/{job_key(asset, VERSION, 1, 'request.json')}"
        name = step_name(asset, VERSION, 1)
        step = step_config(config, target, packages, asset=asset, name=name, request_uri=request)
        steps[asset] = add_steps_request(config.runtime_role, CLUSTER, step)
    return Plan(run_job_flow_request(config, target, packages.bootstrap, RUN), steps)


def bill(request: Mapping[str, Any], price: Price) -> Iterator[Item]:
    """The instances that a RunJobFlow request asks for; `price` is by type and market."""
    for fleet in request["Instances"].get("InstanceFleets", []):
        for market, capacity in (
            ("ON_DEMAND", "TargetOnDemandCapacity"),
            ("SPOT", "TargetSpotCapacity"),
        ):
            if units := fleet.get(capacity, 0):
                prices = {
                    each["InstanceType"]: _price(each, units, market, price)
                    for each in fleet.get("InstanceTypeConfigs", [])
                }
                yield Item(fleet.get("Name", fleet["InstanceFleetType"]), market, units, prices)


def _price(each: Mapping[str, Any], units: int, market: str, price: Price) -> float | None:
    hourly = price(each["InstanceType"], market)
    count = math.ceil(units / (each.get("WeightedCapacity") or 1))
    return None if hourly is None else hourly * count
