"""Checks of what a cluster is made of and what it names, before one is started."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import AWS_ERRORS, error_code
from emr_ml.aws.problems import diagnose, is_denied, is_unknown_operation
from emr_ml.doctor.aws import api
from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.launchers.emr.config.loading import ClusterConfigError, load_cluster_config
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.context import Endpoint, find_endpoint
from emr_ml.launchers.emr.requests.job_flow import run_job_flow_request
from emr_ml.launchers.emr.shipping.packages import PackagesError, planned_packages
from emr_ml.launchers.emr.shipping.wheels import (
    WheelhouseError,
    check_wheelhouse,
    read_requirements,
)
from emr_ml.settings import Settings
from spark_jobs.runtime.lake import open_lake

WRONG = "correct the cluster configuration; `emr-ml plan` shows what it comes to"

# of regions, where S3 tells the place of a bucket
OLD_NAMES = {"": "us-east-1", "EU": "eu-west-1"}


@dataclass(frozen=True)
class Wanted:
    """The cluster that runs would ask for."""

    config: ClusterConfig
    target: Endpoint
    request: dict[str, Any]

    @property
    def subnets(self) -> list[str]:
        instances = self.request["Instances"]
        one = instances.get("Ec2SubnetId")
        return instances.get("Ec2SubnetIds") or ([one] if one else [])


def configuration(settings: Settings) -> tuple[Wanted | None, Finding]:
    """The cluster configuration, and RunJobFlow's parameters as EMR's own model checks them."""
    name = "cluster"
    try:
        config = load_cluster_config(settings)
        target = find_endpoint(settings.lake)
        packages = planned_packages(settings.lake, config, target.url)
        request = run_job_flow_request(config, target, packages.bootstrap, "doctor")
    except (ClusterConfigError, PackagesError) as error:
        return None, bad(name, str(error), WRONG)
    text = "; ".join((f"configuration of {config.release_label} is valid", *config.notes))
    return Wanted(config, target, request), good(name, text)


def rights(wanted: Wanted) -> Finding:
    """Whether the caller may use EMR at all."""
    name = "EMR"
    try:
        api("emr", wanted.target.region).ask("list_clusters", ClusterStates=["WAITING"])
    except AWS_ERRORS as error:
        trouble = diagnose(error)
        return bad(name, trouble.what, trouble.fix)
    return good(name, f"answers in {wanted.target.region}")


def release(wanted: Wanted) -> Finding:
    """The release label is one of the region's, and has the Spark that versions count on."""
    name, label = "release label", wanted.request["ReleaseLabel"]
    try:
        answer = api("emr", wanted.target.region).ask("describe_release_label", ReleaseLabel=label)
    except ClientError as error:
        if is_denied(error) or is_unknown_operation(error):
            return _not_asked(name, label, error)
        fix = "set `release_label` to one of `aws emr list-release-labels`"
        return bad(name, f"EMR in {wanted.target.region} has no release {label}", fix)
    except AWS_ERRORS as error:
        return _not_asked(name, label, error)
    applications = answer.get("Applications", ())
    spark = next((each for each in applications if each.get("Name") == "Spark"), {})
    found = spark.get("Version", wanted.config.spark)
    if not found.startswith(wanted.config.spark):
        fix = f"set `spark` in the cluster configuration to {found.partition('-')[0]}"
        return bad(name, f"{label} has Spark {found}, not {wanted.config.spark}", fix)
    return good(name, f"{label} has Spark {found}")


def subnets(wanted: Wanted) -> tuple[Finding, list[str]]:
    """The subnets exist, and one of them has room for the cluster; and the zones they are in."""
    name, named = "subnets", wanted.subnets
    which = (
        {"SubnetIds": named}
        if named
        else {"Filters": [{"Name": "default-for-az", "Values": ["true"]}]}
    )
    try:
        found = api("ec2", wanted.target.region).ask("describe_subnets", **which)["Subnets"]
    except ClientError as error:
        if not error_code(error).startswith("InvalidSubnet"):
            return _not_asked(name, ", ".join(named) or "the default ones", error), []
        said = error.response.get("Error", {}).get("Message", "")
        fix = "correct `subnets` in the cluster configuration"
        return bad(name, f"{said} in {wanted.target.region}", fix), []
    except AWS_ERRORS as error:
        return _not_asked(name, ", ".join(named) or "the default ones", error), []
    if not found:
        fix = "name `subnets` in the cluster configuration"
        return bad(name, f"none are named, and {wanted.target.region} has no default VPC", fix), []
    return _room(name, found, wanted.config), sorted({each["AvailabilityZone"] for each in found})


def logs(wanted: Wanted) -> Finding:
    """The logs' bucket is there, in the clusters' region, and can be written to."""
    name, address = "log URI", wanted.request["LogUri"]
    region, bucket = wanted.target.region, address.removeprefix("s3://").partition("/")[0]
    try:
        where = _region_of(bucket, region)
        if where != region:
            fix = f"set `log_uri` to a bucket in {region}, or AWS_REGION to {where}"
            return bad(name, f"bucket {bucket} is in {where}, and clusters are in {region}", fix)
        folder = open_lake(address.rstrip("/"))
        folder.write("doctor-probe", b"")
        folder.remove("doctor-probe")
    except AWS_ERRORS as error:
        if error_code(error) in ("404", "NoSuchBucket"):
            fix = f"create it, as with `aws s3 mb s3://{bucket}`, or set `log_uri`"
            return bad(name, f"there is no bucket {bucket}", fix)
        trouble = diagnose(error)
        return bad(name, f"{address} can't be used: {trouble.what}", trouble.fix)
    return good(name, f"{address} is writable, in {region}")


def _region_of(bucket: str, region: str) -> str:
    """Where the bucket is; in this region, if that may not be asked."""
    try:
        answer = api("s3", region).ask("get_bucket_location", Bucket=bucket)
    except ClientError as error:
        if is_denied(error):
            return region
        raise
    where: str = answer.get("LocationConstraint") or ""
    return OLD_NAMES.get(where, where)


def packages(wanted: Wanted) -> Finding:
    """What nodes install, and the user's own scripts, are where the cluster looks for them."""
    name, lake = "packages", open_lake(wanted.target.lake)
    try:
        if wanted.config.packages == "wheelhouse":
            check_wheelhouse(lake, read_requirements(), wanted.config)
        for action in wanted.config.bootstrap_actions:
            folder, _, script = action.path.rpartition("/")
            if "://" in action.path and open_lake(folder).read(script) is None:
                text = f"bootstrap action '{action.name}': there is nothing at {action.path}"
                return bad(name, text, "upload it, or correct `bootstrap_actions`")
    except WheelhouseError as error:
        text, _, fix = str(error).rpartition(": ")
        return bad(name, text, fix)
    except AWS_ERRORS as error:
        trouble = diagnose(error)
        return bad(name, trouble.what, trouble.fix)
    where = "the package index" if wanted.config.packages == "index" else "the wheelhouse"
    return good(name, f"nodes install from {where}")


def _room(name: str, found: Sequence[dict[str, Any]], config: ClusterConfig) -> Finding:
    units = sum(fleet.units for fleet in (config.primary, config.core, config.task))
    free = {subnet["SubnetId"]: subnet.get("AvailableIpAddressCount", units) for subnet in found}
    if max(free.values()) < units:
        counts = ", ".join(f"{subnet} has {count}" for subnet, count in free.items())
        fix = "name a larger one under `subnets`, or make the fleets smaller"
        return bad(name, f"{counts} free addresses, and a cluster may need {units}", fix)
    return good(name, ", ".join(free))


def _not_asked(name: str, what: str, error: Exception) -> Finding:
    return good(name, f"{what}; could not be asked ({diagnose(error).what})")
