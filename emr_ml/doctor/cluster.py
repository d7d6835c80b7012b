"""Checks of the planned cluster: its configuration, release, subnets, logs and packages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import AWS_ERRORS, CALL_ERRORS, error_code
from emr_ml.aws.problems import diagnose, is_denied, is_unknown_operation
from emr_ml.doctor.aws import api, refused, unanswered
from emr_ml.doctor.finding import Finding, bad, good, unchecked
from emr_ml.launchers.emr.config.loading import load_cluster_config
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.requests.job_flow import run_job_flow_request
from emr_ml.launchers.emr.requests.nodes import Nodes, requested_nodes
from emr_ml.launchers.emr.shipping.shipment import PackagesError, planned_shipment
from emr_ml.launchers.emr.shipping.wheelhouse import check_wheelhouse
from emr_ml.launchers.remote.endpoint import Endpoint, find_endpoint
from emr_ml.launchers.remote.releases import check_jobs
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.remote.wheels import WheelsError, read_requirements
from emr_ml.settings import Settings
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.s3 import split_uri

# the answers of GetBucketLocation that are not names of regions
OLD_LOCATIONS = {"": "us-east-1", "EU": "eu-west-1"}
PROBE_KEY = "doctor-probe"


@dataclass(frozen=True)
class PlannedCluster:
    """The cluster that a run would start."""

    config: ClusterConfig
    endpoint: Endpoint
    request: dict[str, Any]

    @property
    def region(self) -> str:
        return self.endpoint.region

    @property
    def nodes(self) -> list[Nodes]:
        """What the cluster starts with."""
        return list(requested_nodes(self.request))

    @property
    def subnets(self) -> list[str]:
        """The ids of the configured subnets; empty means the default ones."""
        instances = self.request["Instances"]
        single = instances.get("Ec2SubnetId")
        return instances.get("Ec2SubnetIds") or ([single] if single else [])


def check_configuration(
    settings: Settings, jobs: Mapping[str, str]
) -> tuple[PlannedCluster | None, Finding]:
    """Check the cluster configuration and the RunJobFlow request against boto3's model of EMR.

    Args:
        settings: with the stack's outputs.
        jobs: the module of each job, by the path of its asset.
    """
    name = "cluster"
    try:
        config = load_cluster_config(settings)
        endpoint = find_endpoint(settings.lake)
        shipment = planned_shipment(settings.lake, config, endpoint.url)
        request = run_job_flow_request(config, endpoint, shipment.bootstrap, "doctor")
        if problems := list(check_jobs(config, jobs)):
            raise TargetConfigError("\n".join(problems))
    except (TargetConfigError, PackagesError) as error:
        fix = "correct the cluster configuration; `emr-ml plan` shows the request that it makes"
        return None, bad(name, str(error), fix)
    except CALL_ERRORS as error:
        # a profile or an endpoint that can't be used, which another check has named
        return None, unchecked(name, diagnose(error).what)
    text = "; ".join((f"configuration of {config.release_label} is valid", *config.notes))
    return PlannedCluster(config, endpoint, request), good(name, text)


def check_emr_access(planned: PlannedCluster) -> Finding:
    """Check that the caller may use EMR at all."""
    name = "EMR"
    try:
        api("emr", planned.region).ask("list_clusters", ClusterStates=["WAITING"])
    except AWS_ERRORS as error:
        return refused(name, error)
    return good(name, f"answers in {planned.region}")


def check_release(planned: PlannedCluster) -> Finding:
    """Check that the region has the release, and that it has the configured version of Spark."""
    name, label = "release label", planned.request["ReleaseLabel"]
    try:
        answer = api("emr", planned.region).ask("describe_release_label", ReleaseLabel=label)
    except ClientError as error:
        if is_denied(error) or is_unknown_operation(error):
            return unanswered(name, error, label)
        fix = "set `release_label` to one of `aws emr list-release-labels`"
        return bad(name, f"EMR in {planned.region} has no release {label}", fix)
    except AWS_ERRORS as error:
        return unanswered(name, error, label)
    expected = planned.config.spark
    applications = answer.get("Applications", ())
    spark = next((each for each in applications if each.get("Name") == "Spark"), {})
    actual = spark.get("Version", expected)
    if not actual.startswith(expected):
        fix = f"set `spark` in the cluster configuration to {actual.partition('-')[0]}"
        return bad(name, f"{label} has Spark {actual}, not {expected}", fix)
    return good(name, f"{label} has Spark {actual}")


def check_subnets(planned: PlannedCluster) -> tuple[Finding, list[str]]:
    """Check that the subnets exist, and that one of them has enough addresses for the cluster.

    Returns:
        The finding, and the zones of the subnets; no zones if they are not known.
    """
    name, ids = "subnets", planned.subnets
    selection = (
        {"SubnetIds": ids} if ids else {"Filters": [{"Name": "default-for-az", "Values": ["true"]}]}
    )
    try:
        subnets = api("ec2", planned.region).ask("describe_subnets", **selection)["Subnets"]
    except AWS_ERRORS as error:
        if not error_code(error).startswith("InvalidSubnet"):
            subject = ", ".join(ids) or "the default subnets"
            return unanswered(name, error, subject), []
        response: dict[str, Any] = getattr(error, "response", {})
        message = response.get("Error", {}).get("Message", "")
        fix = "correct `subnets` in the cluster configuration"
        return bad(name, f"{message} in {planned.region}", fix), []
    if not subnets:
        fix = "set `subnets` in the cluster configuration"
        text = f"none are configured, and {planned.region} has no default VPC"
        return bad(name, text, fix), []
    zones = sorted({subnet["AvailabilityZone"] for subnet in subnets})
    return _check_free_addresses(subnets, planned), zones


def check_logs(planned: PlannedCluster) -> Finding:
    """Check that the logs' bucket exists in the clusters' region, and can be written to."""
    name, address = "log URI", planned.request["LogUri"]
    region = planned.region
    bucket, _ = split_uri(address)
    try:
        bucket_region = _bucket_region(bucket, region)
        if bucket_region != region:
            fix = f"set `log_uri` to a bucket in {region}, or AWS_REGION to {bucket_region}"
            text = f"bucket {bucket} is in {bucket_region}, but clusters are in {region}"
            return bad(name, text, fix)
        folder = open_lake(address.rstrip("/"))
        folder.write(PROBE_KEY, b"")
        folder.remove(PROBE_KEY)
    except AWS_ERRORS as error:
        if error_code(error) in ("404", "NoSuchBucket"):
            fix = f"create it, for example with `aws s3 mb s3://{bucket}`, or set `log_uri`"
            return bad(name, f"there is no bucket {bucket}", fix)
        return refused(name, error, address)
    return good(name, f"{address} is writable, in {region}")


def check_packages(planned: PlannedCluster) -> Finding:
    """Check that the lake has the nodes' packages, and that the bootstrap scripts exist."""
    name, lake = "packages", open_lake(planned.endpoint.lake)
    try:
        if planned.config.packages == "wheelhouse":
            check_wheelhouse(lake, read_requirements(), planned.config)
        for action in planned.config.bootstrap_actions:
            folder, _, script = action.path.rpartition("/")
            if "://" in action.path and open_lake(folder).read(script) is None:
                text = f"bootstrap action '{action.name}': {action.path} does not exist"
                return bad(name, text, "upload it, or correct `bootstrap_actions`")
    except WheelsError as error:
        return bad(name, error.problem, error.fix)
    except AWS_ERRORS as error:
        return refused(name, error)
    source = "the package index" if planned.config.packages == "index" else "the wheelhouse"
    return good(name, f"nodes install from {source}")


def _check_free_addresses(subnets: Sequence[dict[str, Any]], planned: PlannedCluster) -> Finding:
    needed = sum(nodes.max_instances for nodes in planned.nodes)
    free = {subnet["SubnetId"]: subnet.get("AvailableIpAddressCount", needed) for subnet in subnets}
    if max(free.values()) < needed:
        counts = ", ".join(f"{subnet} has {count}" for subnet, count in free.items())
        fix = "set `subnets` to a larger one, or make the fleets smaller"
        text = f"{counts} free addresses, but a cluster may need {needed}"
        return bad("subnets", text, fix)
    return good("subnets", ", ".join(free))


def _bucket_region(bucket: str, default: str) -> str:
    """Return the region of the bucket, or the default if the caller may not read it."""
    try:
        answer = api("s3", default).ask("get_bucket_location", Bucket=bucket)
    except ClientError as error:
        if is_denied(error):
            return default
        raise
    location: str = answer.get("LocationConstraint") or ""
    return OLD_LOCATIONS.get(location, location)
