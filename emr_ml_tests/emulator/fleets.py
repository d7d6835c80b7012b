"""The instances of a cluster: requested, provided and billed."""

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Market = Literal["ON_DEMAND", "SPOT"]
LEAST_BILLED_SECONDS = 60.0


@dataclass
class Instance:
    """A node. Times are emulated epoch seconds."""

    role: str
    type: str
    market: Market
    group: str
    created: float | None
    id: str = field(default_factory=lambda: f"ci-{secrets.token_hex(8).upper()[:13]}")
    ec2_id: str = field(default_factory=lambda: f"i-{secrets.token_hex(9)[:17]}")
    ready: float | None = None
    ended: float | None = None

    @property
    def state(self) -> str:
        if self.ended is not None:
            return "TERMINATED"
        if self.created is None:
            return "AWAITING_FULFILLMENT"
        return "RUNNING" if self.ready is not None else "BOOTSTRAPPING"

    def billed_seconds(self, now: float) -> float:
        """Return the billed seconds: from its start, a minute at least."""
        if self.created is None:
            return 0.0
        return max((self.ended or now) - self.created, LEAST_BILLED_SECONDS)

    def describe(self, *, fleets: bool) -> dict[str, Any]:
        times = {
            "CreationDateTime": self.created,
            "ReadyDateTime": self.ready,
            "EndDateTime": self.ended,
        }
        return {
            "Id": self.id,
            "Ec2InstanceId": self.ec2_id,
            "PrivateIpAddress": "10.0.0.4",
            "Status": {
                "State": self.state,
                "StateChangeReason": {},
                "Timeline": {name: time for name, time in times.items() if time is not None},
            },
            "Market": self.market,
            "InstanceType": self.type,
            "InstanceFleetId" if fleets else "InstanceGroupId": self.group,
        }


@dataclass(frozen=True)
class Group:
    """A fleet or a group of instances, as requested."""

    id: str
    role: str
    request: dict[str, Any]
    on_demand: tuple[str, ...]
    spot: tuple[str, ...]

    @property
    def ends_without_spot(self) -> bool:
        return self._spot_terms.get("TimeoutAction") == "TERMINATE_CLUSTER"

    @property
    def spot_patience(self) -> float:
        """The timeout for spot capacity, in seconds."""
        return 60.0 * self._spot_terms.get("TimeoutDurationMinutes", 60)

    @property
    def _spot_terms(self) -> dict[str, Any]:
        return self.request.get("LaunchSpecifications", {}).get("SpotSpecification", {})

    def instances(self, now: float, *, spot: bool) -> list[Instance]:
        """Return the instances provided; all on demand if there is no spot capacity."""
        market: Market = "SPOT" if spot else "ON_DEMAND"
        return [
            *(Instance(self.role, name, "ON_DEMAND", self.id, now) for name in self.on_demand),
            *(Instance(self.role, name, market, self.id, now) for name in self.spot),
        ]

    def describe(self, instances: Sequence[Instance], state: str) -> dict[str, Any]:
        """Return the fleet as ListInstanceFleets shows it."""
        mine = [one for one in instances if one.group == self.id and one.ended is None]
        spot = sum(one.market == "SPOT" for one in mine)
        return {
            "Id": self.id,
            "Name": self.request.get("Name", self.role),
            "Status": {"State": state, "StateChangeReason": {}, "Timeline": {}},
            "InstanceFleetType": self.role,
            "TargetOnDemandCapacity": self.request.get("TargetOnDemandCapacity", 0),
            "TargetSpotCapacity": self.request.get("TargetSpotCapacity", 0),
            "ProvisionedOnDemandCapacity": len(mine) - spot,
            "ProvisionedSpotCapacity": spot,
            "InstanceTypeSpecifications": self.request.get("InstanceTypeConfigs", []),
            "LaunchSpecifications": self.request.get("LaunchSpecifications", {}),
        }


def groups_of(request: dict[str, Any]) -> list[Group]:
    """Return the fleets or groups of RunJobFlow's `Instances`."""
    if fleets := request.get("InstanceFleets"):
        return [_fleet(fleet) for fleet in fleets]
    if groups := request.get("InstanceGroups"):
        return [
            _group(group["InstanceRole"], group["InstanceType"], group["InstanceCount"], group)
            for group in groups
        ]
    count = request.get("InstanceCount", 1)
    result = [_group("MASTER", request["MasterInstanceType"], 1, {})]
    if count > 1:
        kind = request.get("SlaveInstanceType", request["MasterInstanceType"])
        result.append(_group("CORE", kind, count - 1, {}))
    return result


def _fleet(fleet: dict[str, Any]) -> Group:
    configs = fleet["InstanceTypeConfigs"]
    # the first type on demand; spot takes the last, so that nobody relies on an order
    on_demand = _of_type(configs[0], fleet.get("TargetOnDemandCapacity", 0))
    spot = _of_type(configs[-1], fleet.get("TargetSpotCapacity", 0))
    return Group(f"if-{_id()}", fleet["InstanceFleetType"], fleet, on_demand, spot)


def _of_type(config: dict[str, Any], capacity: int) -> tuple[str, ...]:
    weight = config.get("WeightedCapacity", 1) or 1
    return (config["InstanceType"],) * math.ceil(capacity / weight)


def _group(role: str, kind: str, count: int, request: dict[str, Any]) -> Group:
    names = (kind,) * count
    if request.get("Market") == "SPOT":
        return Group(f"ig-{_id()}", role, request, (), names)
    return Group(f"ig-{_id()}", role, request, names, ())


def _id() -> str:
    return secrets.token_hex(7).upper()[:13]
