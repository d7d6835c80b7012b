"""Requests that EMR refuses at once: clusters and steps that are out of bounds."""

import re
from collections.abc import Sequence
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

from emr_ml_tests.emulator.world import invalid

SPARK_OF = {
    "emr-spark-8.1.0": "4.1.1-amzn-0",
    "emr-spark-8.0.0": "4.0.2-amzn-0",
    "emr-7.14.0": "3.5.8-amzn-0",
    "emr-7.13.0": "3.5.6-amzn-2",
    "emr-7.12.0": "3.5.6-amzn-1",
    "emr-7.11.0": "3.5.6-amzn-0",
    "emr-7.10.0": "3.5.5-amzn-1",
    "emr-7.0.0": "3.5.0-amzn-0",
    "emr-6.15.0": "3.4.1-amzn-2",
}
ACTIVE_STEPS = 256
TYPES_PER_FLEET = 30
STEP_CHARACTERS = 10_240
IDLE_SECONDS = (60, 604_800)


def check_run_job_flow(request: dict[str, Any]) -> None:
    """Raise ValidationException for a cluster that EMR does not even start."""
    label = request.get("ReleaseLabel", "")
    if label not in SPARK_OF:
        raise invalid(f"The supplied release label is invalid: {label}.")
    level = request.get("StepConcurrencyLevel", 1)
    if not 1 <= level <= 256:
        raise invalid(f"The step concurrency level must be between 1 and 256, and it is {level}.")
    if policy := request.get("AutoTerminationPolicy"):
        low, high = IDLE_SECONDS
        if not low <= policy.get("IdleTimeout", low) <= high:
            raise invalid(f"IdleTimeout must be between {low} and {high} seconds.")
    if not request.get("JobFlowRole"):
        raise invalid("InstanceProfile is required for creating cluster.")
    if not request.get("ServiceRole"):
        raise invalid("ServiceRole is required for creating cluster.")
    if uri := request.get("LogUri"):
        check_s3_uri(uri, "LogUri")
    if len(request.get("BootstrapActions", [])) > 16:
        raise invalid("A cluster has at most 16 bootstrap actions.")
    for action in request.get("BootstrapActions", []):
        path = action["ScriptBootstrapAction"]["Path"]
        check_s3_uri(path, f"the path of bootstrap action {action['Name']}")
    _check_tags(request.get("Tags", []))
    _check_instances(request["Instances"])
    _check_scaling(request)
    check_steps(request.get("Steps", []), level, 0)


def check_s3_uri(uri: str, what: str) -> None:
    if not re.fullmatch(r"s3[an]?://[a-z0-9][a-z0-9.-]+(/.*)?", uri):
        raise invalid(f"The supplied S3 address of {what} is invalid: {uri}")


def _check_tags(tags: Sequence[dict[str, str]]) -> None:
    keys = [tag.get("Key", "") for tag in tags]
    if len(keys) > 50:
        raise invalid("A cluster has at most 50 tags.")
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise invalid(f"The tag {key} is invalid.")
    if len(set(keys)) < len(keys):
        raise invalid("Each tag key must be unique.")


def _check_instances(instances: dict[str, Any]) -> None:
    fleets = instances.get("InstanceFleets")
    groups = instances.get("InstanceGroups")
    simple = instances.get("MasterInstanceType") or instances.get("InstanceCount")
    if sum(map(bool, (fleets, groups, simple))) != 1:
        raise invalid(
            "Please configure instances using one and only one of the following: instance groups; "
            "instance fleets; instance count, master and slave instance type."
        )
    if instances.get("Ec2SubnetId") and instances.get("Ec2SubnetIds"):
        raise invalid("Specify either Ec2SubnetId or Ec2SubnetIds, not both.")
    if len(instances.get("Ec2SubnetIds", [])) > 1 and not fleets:
        raise invalid("Several subnets are for instance fleets only.")
    if fleets:
        _check_fleets(fleets)
    for group in groups or ():
        check_instance_type(group["InstanceType"])
    for name in ("MasterInstanceType", "SlaveInstanceType"):
        if instances.get(name):
            check_instance_type(instances[name])


def _check_fleets(fleets: Sequence[dict[str, Any]]) -> None:
    kinds = [fleet["InstanceFleetType"] for fleet in fleets]
    if kinds.count("MASTER") != 1 or len(set(kinds)) < len(kinds):
        raise invalid("A cluster has one MASTER fleet and at most one CORE and one TASK fleet.")
    for fleet in fleets:
        kind = fleet["InstanceFleetType"]
        on_demand = fleet.get("TargetOnDemandCapacity", 0)
        spot = fleet.get("TargetSpotCapacity", 0)
        if on_demand + spot < 1 or (kind == "MASTER" and on_demand + spot != 1):
            raise invalid(f"The target capacity of the {kind} fleet is invalid.")
        configs = fleet.get("InstanceTypeConfigs", [])
        if not 1 <= len(configs) <= TYPES_PER_FLEET:
            raise invalid(f"The {kind} fleet has between 1 and {TYPES_PER_FLEET} instance types.")
        types = [config["InstanceType"] for config in configs]
        if len(set(types)) < len(types):
            raise invalid(f"The {kind} fleet names an instance type twice.")
        for config in configs:
            check_instance_type(config["InstanceType"])
            if "BidPrice" in config and "BidPriceAsPercentageOfOnDemandPrice" in config:
                raise invalid("Give BidPrice or its percentage, not both.")
        _check_spot(fleet, spot)


def _check_spot(fleet: dict[str, Any], spot: int) -> None:
    launch = fleet.get("LaunchSpecifications", {})
    if launch and not launch.get("SpotSpecification") and spot:
        raise invalid("A fleet with a spot capacity needs a SpotSpecification.")
    if specification := launch.get("SpotSpecification"):
        minutes = specification["TimeoutDurationMinutes"]
        if not 5 <= minutes <= 1440:
            raise invalid("TimeoutDurationMinutes must be between 5 and 1440.")


def _check_scaling(request: dict[str, Any]) -> None:
    policy = request.get("ManagedScalingPolicy")
    if not policy:
        return
    unit = policy["ComputeLimits"]["UnitType"]
    has_fleets = bool(request["Instances"].get("InstanceFleets"))
    if has_fleets != (unit == "InstanceFleetUnits"):
        kind = "instance fleets" if has_fleets else "instance groups"
        raise invalid(f"The managed scaling unit type {unit} is not valid for {kind}.")


def check_instance_type(name: str) -> None:
    if name not in INSTANCE_TYPES:
        raise invalid(f"Instance type '{name}' is not supported.")


def check_steps(steps: Sequence[dict[str, Any]], concurrency: int, active: int) -> None:
    """Raise ValidationException for steps that a cluster does not accept."""
    if active + len(steps) > ACTIVE_STEPS:
        raise invalid(f"Maximum number of active steps ({ACTIVE_STEPS}) for job flow exceeded.")
    for step in steps:
        jar = step["HadoopJarStep"]
        action = step.get("ActionOnFailure", "CONTINUE")
        if concurrency > 1 and action != "CONTINUE":
            raise invalid(f"{action} can't be used when the step concurrency level is above 1.")
        texts = [jar["Jar"], jar.get("MainClass", ""), *jar.get("Args", [])]
        texts += [text for pair in jar.get("Properties", []) for text in pair.values()]
        if sum(map(len, texts)) > STEP_CHARACTERS:
            raise invalid(f"The strings of a step have at most {STEP_CHARACTERS} characters.")
