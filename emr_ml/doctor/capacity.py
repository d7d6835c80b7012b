"""Checks of what AWS would give: instance types in the subnets' zones, and the account's quotas."""

import re
from collections.abc import Iterator, Sequence

from emr_ml.aws.client import AWS_ERRORS
from emr_ml.aws.problems import diagnose
from emr_ml.doctor.aws import api
from emr_ml.doctor.cluster import Wanted
from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.launchers.emr.config.model import Fleet

# one quota counts all families whose names begin with these letters
STANDARD = re.compile(r"[acdhimrtz]\d")
QUOTAS = {"on_demand": ("L-1216C47A", "on-demand"), "spot": ("L-34B43A08", "spot")}


def instance_types(wanted: Wanted, zones: Sequence[str]) -> Finding:
    """Some zone offers a type of every fleet: EMR puts a whole cluster into one zone."""
    name = "instance types"
    fleets = _fleets(wanted)
    types = sorted({each.type for fleet in fleets.values() for each in fleet.instance_types})
    filters = [
        {"Name": "location", "Values": list(zones)},
        {"Name": "instance-type", "Values": types},
    ]
    offered: dict[str, set[str]] = {zone: set() for zone in zones}
    try:
        pages = api("ec2", wanted.target.region).pages(
            "describe_instance_type_offerings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=filters,
        )
        for page in pages:
            for entry in page:
                offered.setdefault(entry["Location"], set()).add(entry["InstanceType"])
    except AWS_ERRORS as error:
        return good(name, f"could not be asked ({diagnose(error).what})")
    lacking = {
        zone: [
            role
            for role, fleet in fleets.items()
            if not any(each.type in there for each in fleet.instance_types)
        ]
        for zone, there in offered.items()
    }
    if all(lacking.values()):
        what = "; ".join(f"{zone} has none for {', '.join(of)}" for zone, of in lacking.items())
        fix = "name others under `instance_types`, or `subnets` in another zone"
        return bad(name, what, fix)
    zone = max(offered, key=lambda zone: (not lacking[zone], len(offered[zone])))
    return good(name, f"{len(offered[zone])} of {len(types)} are offered in {zone}")


def quotas(wanted: Wanted) -> Iterator[Finding]:
    """The account may have as many vCPUs as one cluster takes at least."""
    fleets = _fleets(wanted)
    types = sorted({each.type for fleet in fleets.values() for each in fleet.instance_types})
    if not all(STANDARD.match(each) for each in types):
        yield good("quotas", "other families than the standard ones have quotas of their own")
        return
    try:
        answer = api("ec2", wanted.target.region).ask(
            "describe_instance_types", InstanceTypes=types
        )
    except AWS_ERRORS as error:
        yield good("quotas", f"could not be asked ({diagnose(error).what})")
        return
    vcpus = {
        each["InstanceType"]: each["VCpuInfo"]["DefaultVCpus"] for each in answer["InstanceTypes"]
    }
    for market, (code, words) in QUOTAS.items():
        needed = sum(
            getattr(fleet, market) * _least_vcpus(fleet, vcpus) for fleet in fleets.values()
        )
        if needed:
            yield _quota(wanted, words, code, needed)


def _quota(wanted: Wanted, words: str, code: str, needed: float) -> Finding:
    name = f"{words} quota"
    try:
        answer = api("service-quotas", wanted.target.region).ask(
            "get_service_quota", ServiceCode="ec2", QuotaCode=code
        )
    except AWS_ERRORS as error:
        return good(name, f"could not be asked ({diagnose(error).what})")
    value: float = answer["Quota"]["Value"]
    if value < needed:
        fix = (
            "ask for more, as with `aws service-quotas request-service-quota-increase "
            f"--service-code ec2 --quota-code {code} --desired-value …`, or make the fleets smaller"
        )
        return bad(name, f"{value:.0f} vCPUs are allowed, and a cluster takes {needed:.0f}", fix)
    return good(name, f"{value:.0f} vCPUs are allowed, a cluster takes {needed:.0f} or more")


def _fleets(wanted: Wanted) -> dict[str, Fleet]:
    config = wanted.config
    named = {"primary": config.primary, "core": config.core, "task": config.task}
    return {role: fleet for role, fleet in named.items() if fleet.units}


def _least_vcpus(fleet: Fleet, vcpus: dict[str, int]) -> float:
    """Of one unit, with the types that have the fewest."""
    return min(
        (vcpus[each.type] / each.weight for each in fleet.instance_types if each.type in vcpus),
        default=0.0,
    )
