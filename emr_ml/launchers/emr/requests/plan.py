"""A plan: the requests that a run would send to EMR, and the price of an hour of its cluster."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emr_ml.lake.job_code import code_to_ship
from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.requests.job_flow import run_job_flow_request
from emr_ml.launchers.emr.requests.nodes import Nodes, requested_nodes
from emr_ml.launchers.emr.requests.step import add_steps_request, step_config
from emr_ml.launchers.emr.shipping.shipment import planned_shipment
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.releases import check_jobs
from emr_ml.launchers.remote.target import planned_attempt

# placeholders for what only a run knows
CLUSTER, RUN = "<cluster>", "<run id>"

# price in USD of an hour, by instance type and market; None if unknown
Price = Callable[[str, str], float | None]


@dataclass(frozen=True)
class Plan:
    """The parameters of RunJobFlow, and of AddJobFlowSteps for each asset."""

    run_job_flow: Mapping[str, Any]
    add_job_flow_steps: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Item:
    """The units of one fleet or group in one market.

    Args:
        fleet: name of the fleet or group.
        market: `ON_DEMAND` or `SPOT`.
        units: number of units.
        usd: hourly price of all units by instance type, as if all had that type; None if unknown.
    """

    fleet: str
    market: str
    units: int
    usd: Mapping[str, float | None]

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The lowest and the highest price, or None unless all are known."""
        known = [price for price in self.usd.values() if price is not None]
        return (min(known), max(known)) if known and len(known) == len(self.usd) else None


def make_plan(config: ClusterConfig, endpoint: Endpoint, jobs: Mapping[str, str]) -> Plan:
    """Return the exact requests, with placeholders for version, cluster id and run id.

    Args:
        config: the cluster configuration.
        endpoint: where nodes reach the lake.
        jobs: the module of each job, by the path of its asset.

    Raises:
        ClusterConfigError: EMR would not accept them, or its release can't run a job.
        JobCodeError: a job has no such module.
        PackagesError: a file that nodes need can't be read.
    """
    if problems := list(check_jobs(config, jobs)):
        raise ClusterConfigError("\n".join(problems))
    shared = planned_shipment(endpoint.lake, config, endpoint.url)
    steps: dict[str, Mapping[str, Any]] = {}
    for asset, module in jobs.items():
        code = code_to_ship(module)
        shipment = planned_shipment(endpoint.lake, config, endpoint.url, code) if code else shared
        name, request_uri = planned_attempt(endpoint.lake, asset)
        step = step_config(
            config, endpoint, shipment.code, module=module, name=name, request_uri=request_uri
        )
        steps[asset] = add_steps_request(config.runtime_role, CLUSTER, step)
    return Plan(run_job_flow_request(config, endpoint, shared.bootstrap, RUN), steps)


def bill(request: Mapping[str, Any], price: Price) -> Iterator[Item]:
    """Yield the units that a RunJobFlow request asks for, with their prices."""
    for nodes in requested_nodes(request):
        usd = {
            name: _price_of_units(name, weight, nodes, price)
            for name, weight in nodes.weights.items()
        }
        yield Item(nodes.name, nodes.market, nodes.units, usd)


def _price_of_units(instance_type: str, weight: int, nodes: Nodes, price: Price) -> float | None:
    hourly = price(instance_type, nodes.market)
    return None if hourly is None else hourly * math.ceil(nodes.units / weight)
