"""The command `aws emr create-cluster`, as the console exports it, as a RunJobFlow request."""

import json
import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from emr_ml.launchers.emr.config.merging import merged
from emr_ml.wording import did_you_mean

COMMAND = re.compile(r"\s*aws\s+emr\s+create-cluster\s")
TEXTS = {
    "--name": "Name",
    "--release-label": "ReleaseLabel",
    "--log-uri": "LogUri",
    "--log-encryption-kms-key-id": "LogEncryptionKmsKeyId",
    "--service-role": "ServiceRole",
    "--auto-scaling-role": "AutoScalingRole",
    "--security-configuration": "SecurityConfiguration",
    "--scale-down-behavior": "ScaleDownBehavior",
    "--custom-ami-id": "CustomAmiId",
    "--os-release-label": "OSReleaseLabel",
    "--repo-upgrade-on-boot": "RepoUpgradeOnBoot",
}
NUMBERS = {
    "--ebs-root-volume-size": "EbsRootVolumeSize",
    "--ebs-root-volume-iops": "EbsRootVolumeIops",
    "--ebs-root-volume-throughput": "EbsRootVolumeThroughput",
    "--step-concurrency-level": "StepConcurrencyLevel",
}
FLAGS = {
    "--auto-terminate": {"KeepJobFlowAliveWhenNoSteps": False},
    "--no-auto-terminate": {"KeepJobFlowAliveWhenNoSteps": True},
    "--termination-protected": {"TerminationProtected": True},
    "--no-termination-protected": {"TerminationProtected": False},
    "--unhealthy-node-replacement": {"UnhealthyNodeReplacement": True},
    "--no-unhealthy-node-replacement": {"UnhealthyNodeReplacement": False},
}
EC2_ATTRIBUTES = {
    "KeyName": "Ec2KeyName",
    "SubnetId": "Ec2SubnetId",
    "SubnetIds": "Ec2SubnetIds",
    **{
        name: name
        for name in (
            *("EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup"),
            *("ServiceAccessSecurityGroup", "AdditionalMasterSecurityGroups"),
            "AdditionalSlaveSecurityGroups",
        )
    },
}
# names of shorthand's values that are numbers
COUNTS = ("Count", "Capacity", "Timeout", "Units")
DEFAULT_ROLES = {"ServiceRole": "EMR_DefaultRole", "JobFlowRole": "EMR_EC2_DefaultRole"}


def is_command(text: str) -> bool:
    """Return True if a text is such a command, not JSON."""
    return COMMAND.match(text) is not None


def request_of(text: str) -> dict[str, Any]:
    """Return the request that the command sends.

    Raises:
        ValueError: an option is not known, or its value can't be read.
    """
    # the command's default, other than the API's
    request: dict[str, Any] = {"Instances": {"KeepJobFlowAliveWhenNoSteps": True}}
    for option, values in _options(text).items():
        read = READERS.get(option)
        try:
            made = read(values) if read else _simple(option, " ".join(values))
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            raise ValueError(f"{option}: can't be read: {error}") from error
        request = merged(request, made)
    return request


def _simple(option: str, value: str) -> dict[str, Any]:
    """Return the part of the request for an option with one value, or without any."""
    if option in TEXTS:
        return {TEXTS[option]: value}
    if option in NUMBERS:
        return {NUMBERS[option]: _number(value)}
    return {"Instances": FLAGS.get(option, {})}


def _options(text: str) -> dict[str, list[str]]:
    try:
        words = shlex.split(text.replace("\\\n", " "))[3:]
    except ValueError as error:
        raise ValueError(f"is not a command: {error}") from error
    options: dict[str, list[str]] = {}
    values: list[str] = []
    for word in words:
        if word.startswith("--"):
            option, equals, value = word.partition("=")
            if option not in KNOWN:
                raise ValueError(f"{option}: unknown option{did_you_mean(option, KNOWN)}")
            values = options[option] = [value] if equals else []
        else:
            values.append(word)
    return options


def _list(values: Sequence[str]) -> list[Any]:
    """Return a list, from JSON or from values such as `Name=a,Args=[b,c]`."""
    joined = " ".join(values)
    if joined.startswith(("[", "{")):
        read = json.loads(joined)
        return read if isinstance(read, list) else [read]
    if joined.startswith("file://"):
        raise ValueError(f"write the content of {joined} into the command")
    return [_shorthand(value) for value in values]


def _mapping(values: Sequence[str]) -> dict[str, Any]:
    entries = _list(values)
    if len(entries) != 1 or not isinstance(entries[0], dict):
        raise ValueError("should be one mapping, as JSON or such as a=b,c=d")
    return entries[0]


def _shorthand(value: str) -> dict[str, Any]:
    """Return `{"a": "b", "c": ["d"]}` for `a=b,c=[d]`; numbers are texts, except counts."""
    found: dict[str, Any] = {}
    for name, text in re.findall(r"(\w+)=(\[[^\]]*\]|[^,]*)(?:,|$)", value):
        if text.startswith("["):
            found[name] = text[1:-1].split(",") if text != "[]" else []
        else:
            found[name] = _number(text) if name.endswith(COUNTS) else text
    if not found or any(mark in value for mark in "{}"):
        raise ValueError(f"{value}: give it as JSON")
    return found


def _number(text: str) -> int:
    if not re.fullmatch(r"\d+", text):
        raise ValueError(f"should be a whole number, not {text!r}")
    return int(text)


def _tags(values: Sequence[str]) -> dict[str, Any]:
    pairs = (value.partition("=") for value in values)
    return {"Tags": [{"Key": key, "Value": text} for key, _, text in pairs]}


def _ec2_attributes(values: Sequence[str]) -> dict[str, Any]:
    attributes = _mapping(values)
    profile, zone = (attributes.pop(name, None) for name in ("InstanceProfile", "AvailabilityZone"))
    # an unknown name is reported with the whole request
    instances = {EC2_ATTRIBUTES.get(name, name): value for name, value in attributes.items()}
    placement = {"Placement": {"AvailabilityZone": zone}} if zone else {}
    return {"Instances": instances | placement} | ({"JobFlowRole": profile} if profile else {})


def _instance_groups(values: Sequence[str]) -> dict[str, Any]:
    groups = [
        {
            "InstanceRole" if name == "InstanceGroupType" else name: value
            for name, value in group.items()
        }
        for group in _list(values)
    ]
    return {"Instances": {"InstanceGroups": groups}}


def _bootstrap_actions(values: Sequence[str]) -> dict[str, Any]:
    actions = [
        {
            "Name": entry.get("Name", f"action {index}"),
            "ScriptBootstrapAction": {
                name: value for name, value in entry.items() if name != "Name"
            },
        }
        for index, entry in enumerate(_list(values), 1)
    ]
    return {"BootstrapActions": actions}


Reader = Callable[[Sequence[str]], dict[str, Any]]


def _as_in_api(name: str, read: Callable[[Sequence[str]], Any]) -> Reader:
    return lambda values: {name: read(values)}


READERS: dict[str, Reader] = {
    "--tags": _tags,
    "--ec2-attributes": _ec2_attributes,
    "--instance-groups": _instance_groups,
    "--instance-fleets": lambda values: {"Instances": {"InstanceFleets": _list(values)}},
    "--instance-type": lambda values: {
        "Instances": {"MasterInstanceType": values[0], "SlaveInstanceType": values[0]}
    },
    "--instance-count": lambda values: {"Instances": {"InstanceCount": _number(values[0])}},
    "--bootstrap-actions": _bootstrap_actions,
    "--use-default-roles": lambda _: DEFAULT_ROLES,
    # what they do is left out anyway
    "--steps": lambda _: {"Steps": [{"Name": "", "HadoopJarStep": {"Jar": ""}}]},
    "--applications": _as_in_api("Applications", _list),
    "--configurations": _as_in_api("Configurations", _list),
    "--placement-group-configs": _as_in_api("PlacementGroupConfigs", _list),
    "--managed-scaling-policy": _as_in_api("ManagedScalingPolicy", _mapping),
    "--auto-termination-policy": _as_in_api("AutoTerminationPolicy", _mapping),
    "--monitoring-configuration": _as_in_api("MonitoringConfiguration", _mapping),
}
# they are for the command itself, or as always
IGNORED = ("--region", "--profile", "--output", "--visible-to-all-users")
KNOWN = (*TEXTS, *NUMBERS, *FLAGS, *READERS, *IGNORED)
