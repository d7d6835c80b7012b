"""A cluster as `aws emr describe-cluster` shows it, as the RunJobFlow request that it came from."""

from collections.abc import Mapping
from typing import Any

# attributes of a cluster that RunJobFlow calls the same
SAME = (
    *("Name", "LogUri", "LogEncryptionKmsKeyId", "ReleaseLabel", "VisibleToAllUsers", "Tags"),
    *("ServiceRole", "SecurityConfiguration", "AutoScalingRole", "ScaleDownBehavior"),
    *("CustomAmiId", "EbsRootVolumeSize", "RepoUpgradeOnBoot", "KerberosAttributes"),
    *("StepConcurrencyLevel", "OSReleaseLabel", "EbsRootVolumeIops", "EbsRootVolumeThroughput"),
    *("ExtendedSupport", "MonitoringConfiguration", "SessionEnabled", "Configurations"),
)
SAME_INSTANCES = ("TerminationProtected", "UnhealthyNodeReplacement")
SAME_EC2 = (
    *("Ec2KeyName", "EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup"),
    *("ServiceAccessSecurityGroup", "AdditionalMasterSecurityGroups"),
    "AdditionalSlaveSecurityGroups",
)
SAME_GROUP = ("Name", "Market", "BidPrice", "InstanceType", "Configurations", "CustomAmiId")
SAME_FLEET = (
    *("Name", "InstanceFleetType", "TargetOnDemandCapacity", "TargetSpotCapacity"),
    *("LaunchSpecifications", "ResizeSpecifications", "Context"),
)
SAME_TYPE = (
    *("InstanceType", "WeightedCapacity", "BidPrice", "BidPriceAsPercentageOfOnDemandPrice"),
    *("Configurations", "CustomAmiId", "Priority"),
)
# what only a running cluster has, or what follows from the other attributes
ONLY_DESCRIBED = (
    *("Id", "ClusterArn", "Status", "InstanceCollectionType", "RequestedAmiVersion"),
    *("RunningAmiVersion", "NormalizedInstanceHours", "MasterPublicDnsName", "OutpostArn"),
)
# what the AWS CLI adds to EMR's answer
ADDED_BY_CLI = ("InstanceGroups", "InstanceFleets", "BootstrapActions")
RENAMED = ("AutoTerminate", "Applications", "Ec2InstanceAttributes", "PlacementGroups")
ATTRIBUTES = (*SAME, *SAME_INSTANCES, *ONLY_DESCRIBED, *ADDED_BY_CLI, *RENAMED)


def request_of(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Return the RunJobFlow request of a described cluster, as far as the description has it.

    The idle timeout and managed scaling are not in a description.
    """
    ec2: Mapping[str, Any] = cluster.get("Ec2InstanceAttributes") or {}
    single = ec2.get("Ec2SubnetId")
    subnets = ec2.get("RequestedEc2SubnetIds") or ([single] if single else [])
    instances = {
        **_taken(cluster, SAME_INSTANCES),
        **_taken(ec2, SAME_EC2),
        "Ec2SubnetIds": subnets,
        "KeepJobFlowAliveWhenNoSteps": not cluster.get("AutoTerminate", False),
        "InstanceGroups": [_group(each) for each in cluster.get("InstanceGroups") or ()],
        "InstanceFleets": [_fleet(each) for each in cluster.get("InstanceFleets") or ()],
    }
    actions = cluster.get("BootstrapActions") or ()
    return {
        **_taken(cluster, SAME),
        "JobFlowRole": ec2.get("IamInstanceProfile"),
        # a release determines the versions
        "Applications": [
            _taken(each, ("Name", "Args")) for each in cluster.get("Applications", ())
        ],
        "BootstrapActions": [_action(each) for each in actions],
        "PlacementGroupConfigs": cluster.get("PlacementGroups"),
        "Instances": {name: value for name, value in instances.items() if value not in (None, [])},
    }


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_taken(group, SAME_GROUP),
        "InstanceRole": group.get("InstanceGroupType"),
        "InstanceCount": group.get("RequestedInstanceCount"),
        **_disks(group),
    }


def _fleet(fleet: Mapping[str, Any]) -> dict[str, Any]:
    types = fleet.get("InstanceTypeSpecifications") or ()
    return {
        **_taken(fleet, SAME_FLEET),
        "InstanceTypeConfigs": [_taken(each, SAME_TYPE) | _disks(each) for each in types],
    }


def _disks(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the disks of an instance, which a description lists one by one."""
    devices = [
        _taken(each, ("VolumeSpecification",)) for each in described.get("EbsBlockDevices", ())
    ]
    optimized = _taken(described, ("EbsOptimized",))
    if not devices:
        return {}
    return {"EbsConfiguration": {"EbsBlockDeviceConfigs": devices, **optimized}}


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    script = {"Path": action.get("ScriptPath"), "Args": action.get("Args") or []}
    return {"Name": action.get("Name"), "ScriptBootstrapAction": script}


def _taken(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of these names that are set and not empty."""
    return {name: values[name] for name in names if values.get(name) not in (None, [], {})}
