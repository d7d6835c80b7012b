"""The cluster configuration that says what a RunJobFlow request says, and what it can't say."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from emr_ml.launchers.emr.config.merging import without_nulls
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.config.validation import MIN_IDLE_SECONDS, smallest_primary
from emr_ml.launchers.emr.translation.fleets import fleet_fields
from emr_ml.launchers.remote.releases import (
    DEFAULT_RELEASE,
    RELEASES,
    USE_DEFAULT,
    why_no_spark,
)
from emr_ml.launchers.remote.service_model import FieldPath

# fields that only have another name with us
RENAMED = {
    "ServiceRole": "service_role",
    "JobFlowRole": "instance_profile",
    "SecurityConfiguration": "security_configuration",
    "EbsRootVolumeSize": "root_volume_gb",
    "Configurations": "configurations",
}
OLD = "only releases of EMR before 4.0 have it"
LEFT_OUT = {
    "Name": "the launcher finds clusters by the name that it gives",
    "Steps": "the launcher adds a step for each attempt",
    "StepExecutionRoleArn": "it is for the request's own steps; runtime_role is for the launcher's",
    "KerberosAttributes": (
        "they have passwords; set them by EMR_ML_CLUSTER__OVERRIDES__KerberosAttributes"
    ),
    "AmiVersion": OLD,
    "SupportedProducts": OLD,
    "NewSupportedProducts": OLD,
}
# fields of Instances that may stand where our fleets stand
OTHER_NODES = ("InstanceGroups", "MasterInstanceType", "SlaveInstanceType", "InstanceCount")
# applications that every cluster gets
INSTALLED = ("hadoop", "spark")
# fields that are of one release only
OF_RELEASE = ("CustomAmiId", "OSReleaseLabel")
OUR_TAGS = ("emr-ml", "run")
S3_ADDRESS = re.compile(r"s3[an]?://")
PRIMARY_GROUP, CORE_GROUP = "EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup"
SECURITY_GROUPS = {
    PRIMARY_GROUP: "primary",
    CORE_GROUP: "core",
    "ServiceAccessSecurityGroup": "service_access",
    "AdditionalMasterSecurityGroups": "additional_primary",
    "AdditionalSlaveSecurityGroups": "additional_core",
}


@dataclass(frozen=True)
class Remark:
    """What was left out or changed, and why; `path` is the field of the request."""

    path: FieldPath
    text: str


@dataclass
class Translation:
    """The fields of a cluster configuration, and what became of the other parts of a request."""

    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    remarks: list[Remark] = field(default_factory=list[Remark])

    def left_out(self, *path: str, why: str) -> None:
        self.remarks.append(Remark(path, f"left out: {why}"))

    def changed(self, *path: str, what: str) -> None:
        self.remarks.append(Remark(path, f"changed: {what}"))


def translate(request: Mapping[str, Any]) -> Translation:
    """Return the configuration of clusters that a RunJobFlow request starts.

    Args:
        request: with fields and types that EMR's API accepts. It may lack fields, which then have
            our defaults.
    """
    result = Translation()
    given = without_nulls(copy.deepcopy(dict(request)))
    rest = {name: value for name, value in given.items() if _is_set(value)}
    instances: dict[str, Any] = rest.pop("Instances", {})
    instances = {name: value for name, value in instances.items() if _is_set(value)}
    for name, why in LEFT_OUT.items():
        if rest.pop(name, None) is not None:
            result.left_out(name, why=why)
    _release(result, rest)
    for name, ours in RENAMED.items():
        if name in rest:
            result.fields[ours] = rest.pop(name)
    _log_uri(result, rest)
    _applications(result, rest)
    _tags(result, rest)
    _bootstrap_actions(result, rest)
    _lifetime(result, rest, instances)
    _network(result, instances)
    _nodes(result, rest, instances)
    if rest.get("VisibleToAllUsers") is True:
        del rest["VisibleToAllUsers"]  # as always
    concurrency = rest.pop("StepConcurrencyLevel", 1)
    if instances:
        rest["Instances"] = instances
    _concurrency(result, concurrency, rest)
    if rest:
        result.fields["overrides"] = rest
    return result


def _is_set(value: Any) -> bool:
    return value not in (None, "", [], {})


def _release(result: Translation, rest: dict[str, Any]) -> None:
    label = rest.pop("ReleaseLabel", None)
    if label is None:
        return
    result.fields["release_label"] = label
    if label in RELEASES:
        return
    result.fields["release_label"] = DEFAULT_RELEASE
    why = why_no_spark(label).partition(f": {USE_DEFAULT}")[0]
    result.changed("ReleaseLabel", what=f"{DEFAULT_RELEASE} instead, because {why}")
    for name in OF_RELEASE:
        if rest.pop(name, None) is not None:
            result.left_out(name, why=f"it is made for {label}")


def _log_uri(result: Translation, rest: dict[str, Any]) -> None:
    if "LogUri" in rest:
        uri = rest.pop("LogUri")
        result.fields["log_uri"] = _s3_address(result, uri, "LogUri")


def _s3_address(result: Translation, uri: str, *path: str) -> str:
    address = S3_ADDRESS.sub("s3://", uri)
    if address != uri:
        result.changed(*path, what=f"{address}, which is the same")
    return address


def _applications(result: Translation, rest: dict[str, Any]) -> None:
    """Leave only applications that are not on every cluster."""
    applications = rest.pop("Applications", [])
    others = [each for each in applications if str(each.get("Name")).lower() not in INSTALLED]
    for each in others:
        if each.pop("Version", None) is not None:
            result.left_out(
                "Applications", why=f"the version of {each['Name']} follows the release"
            )
    changed = any(remark.path == ("ReleaseLabel",) for remark in result.remarks)
    if others and changed:
        names = ", ".join(str(each.get("Name")) for each in others)
        result.left_out("Applications", why=f"{DEFAULT_RELEASE} may not have {names}")
    elif others:
        rest["Applications"] = others


def _tags(result: Translation, rest: dict[str, Any]) -> None:
    tags: dict[str, str] = {}
    for index, tag in enumerate(rest.pop("Tags", [])):
        key = str(tag.get("Key"))
        if key in OUR_TAGS:
            result.left_out("Tags", str(index), why=f"the launcher sets the tag {key} itself")
        elif key.lower().startswith("aws:"):
            result.left_out("Tags", str(index), why=f"AWS sets the tag {key} itself")
        else:
            tags[key] = tag.get("Value") or ""
    if tags:
        result.fields["tags"] = tags


def _bootstrap_actions(result: Translation, rest: dict[str, Any]) -> None:
    """Leave only actions whose script is on the node, because ours are on S3 or on this machine."""
    ours: list[dict[str, Any]] = []
    on_node: list[Mapping[str, Any]] = []
    for index, action in enumerate(rest.pop("BootstrapActions", [])):
        script = action.get("ScriptBootstrapAction") or {}
        path = str(script.get("Path"))
        if not S3_ADDRESS.match(path):
            on_node.append(action)
            text = "it runs after the actions on S3"
            result.changed("BootstrapActions", str(index), what=text)
            continue
        place = ("BootstrapActions", str(index), "ScriptBootstrapAction", "Path")
        made = {"name": action.get("Name"), "path": _s3_address(result, path, *place)}
        ours.append(made | ({"args": script["Args"]} if script.get("Args") else {}))
    if ours:
        result.fields["bootstrap_actions"] = ours
    if on_node:
        rest["BootstrapActions"] = on_node


def _lifetime(result: Translation, rest: dict[str, Any], instances: dict[str, Any]) -> None:
    policy = rest.pop("AutoTerminationPolicy", {})
    keeps_alive = instances.pop("KeepJobFlowAliveWhenNoSteps", False)
    idle = policy.get("IdleTimeout")
    if idle is None and not keeps_alive:
        idle = MIN_IDLE_SECONDS
    if idle is not None:
        result.fields["idle_timeout_seconds"] = idle
    if not keeps_alive:
        text = (
            f"EMR ends the cluster once it has been idle for {idle} seconds "
            "(idle_timeout_seconds), because steps come one after the other"
        )
        result.changed("Instances", "KeepJobFlowAliveWhenNoSteps", what=text)
    elif idle is None:
        text = "EMR ends the cluster once it has been idle for 300 seconds (idle_timeout_seconds)"
        result.changed("Instances", "KeepJobFlowAliveWhenNoSteps", what=text)
    if instances.pop("TerminationProtected", False):
        why = "the launcher could not end the cluster"
        result.left_out("Instances", "TerminationProtected", why=why)


def _network(result: Translation, instances: dict[str, Any]) -> None:
    has_groups = any(name in instances for name in OTHER_NODES)
    one, several = instances.get("Ec2SubnetId"), instances.get("Ec2SubnetIds")
    if has_groups and several and len(several) == 1 and not one:
        # EMR's API reference: a list of subnets is for fleets
        instances["Ec2SubnetId"] = instances.pop("Ec2SubnetIds")[0]
    elif not has_groups and not (one and several) and (one or several):
        instances.pop("Ec2SubnetId", None)
        instances.pop("Ec2SubnetIds", None)
        result.fields["subnets"] = several or [one]
    managed = [name in instances for name in (PRIMARY_GROUP, CORE_GROUP)]
    needs_both = any(managed) or "ServiceAccessSecurityGroup" in instances
    if needs_both and not all(managed):
        return
    groups = {
        ours: instances.pop(name) for name, ours in SECURITY_GROUPS.items() if name in instances
    }
    if groups:
        result.fields["security_groups"] = groups


def _nodes(result: Translation, rest: dict[str, Any], instances: dict[str, Any]) -> None:
    fleets = instances.get("InstanceFleets")
    if not fleets:
        if any(name in instances for name in OTHER_NODES):
            instances["InstanceFleets"] = None
        return
    fields = fleet_fields(fleets, rest.get("ManagedScalingPolicy"))
    if fields is None:
        return
    result.fields |= fields
    del instances["InstanceFleets"]
    rest.pop("ManagedScalingPolicy", None)
    for index, fleet in enumerate(fleets):
        if fleet.get("Name"):
            why = "fleets are called primary, core and task"
            result.left_out("Instances", "InstanceFleets", str(index), "Name", why=why)


def _concurrency(result: Translation, level: int, overrides: Mapping[str, Any]) -> None:
    """Set as many concurrent steps as the primary has memory for."""
    if level == 1:
        return
    most = _most_steps({**result.fields, "overrides": overrides})
    result.fields["step_concurrency"] = min(level, most)
    if level > most:
        text = f"{most} instead of {level}, because each step's driver needs memory on the primary"
        result.changed("StepConcurrencyLevel", what=text)


def _most_steps(fields: Mapping[str, Any]) -> int:
    try:
        primary = smallest_primary(ClusterConfig.model_validate(fields))
    except ValidationError:
        primary = None  # the mistake is reported with the whole configuration
    return max(primary // 2, 1) if primary else 256
