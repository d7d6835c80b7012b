"""Clusters and releases as the API shows them."""

from typing import Any

from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.limits import SPARK_OF
from emr_ml_tests.emulator.world import REGION

COPIED = (
    *("ReleaseLabel", "Applications", "Tags", "ServiceRole", "Configurations", "CustomAmiId"),
    *("SecurityConfiguration", "AutoScalingRole", "ScaleDownBehavior", "EbsRootVolumeSize"),
    *("MonitoringConfiguration", "OSReleaseLabel", "VisibleToAllUsers"),
)


def summarize(cluster: Cluster) -> dict[str, Any]:
    """An entry of ListClusters."""
    return {
        "Id": cluster.id,
        "Name": cluster.name,
        "Status": _status(cluster),
        "NormalizedInstanceHours": _normalized_hours(cluster),
        "ClusterArn": cluster.arn,
    }


def describe_cluster(cluster: Cluster) -> dict[str, Any]:
    """What DescribeCluster shows. The log URI comes back as `s3n://`, as it does on EMR."""
    with cluster.world.changed:
        request, instances = cluster.request, cluster.request["Instances"]
        subnets = instances.get("Ec2SubnetIds") or [instances.get("Ec2SubnetId")]
        kind = "INSTANCE_FLEET" if "InstanceFleets" in instances else "INSTANCE_GROUP"
        description = summarize(cluster) | {
            name: request[name] for name in COPIED if name in request
        }
        if uri := request.get("LogUri"):
            description["LogUri"] = uri.replace("s3://", "s3n://", 1)
        return description | {
            "Ec2InstanceAttributes": {
                "Ec2AvailabilityZone": f"{REGION}a",
                "Ec2SubnetId": subnets[0] or "subnet-default",
                "RequestedEc2SubnetIds": [subnet for subnet in subnets if subnet],
                "IamInstanceProfile": request.get("JobFlowRole", ""),
            },
            "InstanceCollectionType": kind,
            "AutoTerminate": not cluster.keep_alive,
            "TerminationProtected": cluster.protected,
            "StepConcurrencyLevel": cluster.concurrency,
        }


def _status(cluster: Cluster) -> dict[str, Any]:
    times = {
        "CreationDateTime": cluster.created,
        "ReadyDateTime": cluster.ready,
        "EndDateTime": cluster.ended,
    }
    return {
        "State": cluster.state,
        "StateChangeReason": cluster.reason,
        "Timeline": {name: time for name, time in times.items() if time is not None},
        **({"ErrorDetails": cluster.error_details} if cluster.error_details else {}),
    }


def _normalized_hours(cluster: Cluster) -> int:
    """A rough weight, as EMR gives it: eight for every started hour of an instance."""
    return 8 * -int(-cluster.billed_seconds // 3600)


def release(label: str) -> dict[str, Any]:
    """What DescribeReleaseLabel shows."""
    applications = [
        {"Name": "Hadoop", "Version": "3.4.2-amzn-0"},
        {"Name": "Spark", "Version": SPARK_OF[label]},
    ]
    return {"ReleaseLabel": label, "Applications": applications, "AvailableOSReleases": []}
