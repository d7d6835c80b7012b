"""Checks of capacity: instance types in the zones of the subnets, and the account's quotas."""

import re
from collections.abc import Iterable, Iterator, Sequence

from emr_ml.aws.client import AWS_ERRORS
from emr_ml.aws.quotas import QUOTAS, Quota
from emr_ml.doctor.aws import api, unanswered
from emr_ml.doctor.cluster import PlannedCluster
from emr_ml.doctor.finding import Finding, bad, good, unchecked
from emr_ml.launchers.emr.requests.nodes import Nodes

# the instance families that share one quota: their names start with these letters
STANDARD = re.compile(r"[acdhimrtz]\d")


def check_instance_types(planned: PlannedCluster, zones: Sequence[str]) -> Finding:
    """Check that one zone offers a type for every fleet: EMR puts a cluster into one zone."""
    name, types = "instance types", _instance_types(planned)
    filters = [
        {"Name": "location", "Values": list(zones)},
        {"Name": "instance-type", "Values": types},
    ]
    offered: dict[str, set[str]] = {zone: set() for zone in zones}
    try:
        pages = api("ec2", planned.region).pages(
            "describe_instance_type_offerings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=filters,
        )
        for page in pages:
            for entry in page:
                offered.setdefault(entry["Location"], set()).add(entry["InstanceType"])
    except AWS_ERRORS as error:
        return unanswered(name, error)
    unserved = {
        zone: _names(nodes for nodes in planned.nodes if zone_types.isdisjoint(nodes.weights))
        for zone, zone_types in offered.items()
    }
    if all(unserved.values()):
        text = "; ".join(
            f"{zone} has none for {', '.join(roles)}" for zone, roles in unserved.items()
        )
        fix = "set other `instance_types`, or `subnets` in another zone"
        return bad(name, text, fix)
    best_zone = max(offered, key=lambda zone: (not unserved[zone], len(offered[zone])))
    return good(name, f"{len(offered[best_zone])} of {len(types)} are offered in {best_zone}")


def check_quotas(planned: PlannedCluster) -> Iterator[Finding]:
    """Check that the account's vCPU quotas suffice for the smallest form of one cluster."""
    types = _instance_types(planned)
    if not all(STANDARD.match(each) for each in types):
        yield unchecked("quotas", "instance families other than the standard ones have their own")
        return
    try:
        answer = api("ec2", planned.region).ask("describe_instance_types", InstanceTypes=types)
    except AWS_ERRORS as error:
        yield unanswered("quotas", error)
        return
    vcpus = {
        each["InstanceType"]: each["VCpuInfo"]["DefaultVCpus"] for each in answer["InstanceTypes"]
    }
    for quota in QUOTAS:
        needed = sum(
            nodes.units * _least_vcpus_per_unit(nodes, vcpus)
            for nodes in planned.nodes
            if nodes.market == quota.market
        )
        if needed:
            yield _check_quota(planned, quota, needed)


def _check_quota(planned: PlannedCluster, quota: Quota, needed: float) -> Finding:
    name = quota.label
    try:
        answer = api("service-quotas", planned.region).ask(
            "get_service_quota", ServiceCode="ec2", QuotaCode=quota.code
        )
    except AWS_ERRORS as error:
        return unanswered(name, error)
    allowed: float = answer["Quota"]["Value"]
    if allowed < needed:
        text = f"{allowed:.0f} vCPUs are allowed, but a cluster needs {needed:.0f}"
        return bad(name, text, quota.fix)
    return good(name, f"{allowed:.0f} vCPUs are allowed, a cluster needs at least {needed:.0f}")


def _names(nodes: Iterable[Nodes]) -> list[str]:
    """Return the names of fleets, each once, in their order."""
    return list(dict.fromkeys(each.name for each in nodes))


def _instance_types(planned: PlannedCluster) -> list[str]:
    return sorted({name for nodes in planned.nodes for name in nodes.weights})


def _least_vcpus_per_unit(nodes: Nodes, vcpus: dict[str, int]) -> float:
    """Return the vCPUs of one unit with the instance type that has the fewest per unit."""
    return min(
        (vcpus[name] / weight for name, weight in nodes.weights.items() if name in vcpus),
        default=0.0,
    )
