"""What `aws emr describe-cluster` prints becomes a configuration of the same cluster."""

import json
from pathlib import Path
from typing import Any

from emr_ml.launchers.emr.translation.request_file import translate_file
from emr_ml_tests.launchers.emr.translation.cluster_file import load, started

DESCRIBED: dict[str, Any] = {
    "Cluster": {
        "Id": "j-1",
        "Name": "mine",
        "Status": {"State": "TERMINATED", "Timeline": {"CreationDateTime": "2026-11-01T08:00:00"}},
        "Ec2InstanceAttributes": {
            "Ec2KeyName": "key",
            "Ec2SubnetId": "subnet-1",
            "RequestedEc2SubnetIds": ["subnet-1"],
            "Ec2AvailabilityZone": "eu-west-1a",
            "IamInstanceProfile": "nodes",
            "EmrManagedMasterSecurityGroup": "sg-1",
            "EmrManagedSlaveSecurityGroup": "sg-2",
            "AdditionalMasterSecurityGroups": [],
        },
        "InstanceCollectionType": "INSTANCE_GROUP",
        "LogUri": "s3n://logs/",
        "ReleaseLabel": "emr-spark-8.1.0",
        "AutoTerminate": True,
        "TerminationProtected": False,
        "VisibleToAllUsers": True,
        "Applications": [{"Name": "Spark", "Version": "4.1.1"}, {"Name": "Hadoop"}],
        "Tags": [{"Key": "team", "Value": "a"}, {"Key": "aws:cloudformation:stack-name"}],
        "ServiceRole": "EMR_DefaultRole",
        "NormalizedInstanceHours": 8,
        "MasterPublicDnsName": "ec2-1.compute.amazonaws.com",
        "Configurations": [{"Classification": "spark", "Properties": {"a": "1"}}],
        "ScaleDownBehavior": "TERMINATE_AT_TASK_COMPLETION",
        "ClusterArn": "arn:aws:elasticmapreduce:eu-west-1:123456789012:cluster/j-1",
        "StepConcurrencyLevel": 1,
        "PlacementGroups": [],
        "InstanceGroups": [
            {
                "Id": "ig-1",
                "Name": "Primary",
                "Market": "ON_DEMAND",
                "InstanceGroupType": "MASTER",
                "InstanceType": "m5.xlarge",
                "RequestedInstanceCount": 1,
                "RunningInstanceCount": 0,
                "Status": {"State": "TERMINATED"},
                "EbsBlockDevices": [
                    {
                        "VolumeSpecification": {"VolumeType": "gp3", "SizeInGB": 64},
                        "Device": "/dev/sdb",
                    }
                ],
                "EbsOptimized": True,
                "ShrinkPolicy": {},
            }
        ],
        "BootstrapActions": [{"Name": "a", "ScriptPath": "s3://b/a.sh", "Args": ["1"]}],
    }
}


def test_a_described_cluster_with_groups_starts_again(folder: Path) -> None:
    result = translate_file("cluster.json", json.dumps(DESCRIBED))

    made = started(load(result.text, folder))

    assert made["Instances"]["InstanceGroups"] == [
        {
            "Name": "Primary",
            "Market": "ON_DEMAND",
            "InstanceRole": "MASTER",
            "InstanceType": "m5.xlarge",
            "InstanceCount": 1,
            "EbsConfiguration": {
                "EbsBlockDeviceConfigs": [
                    {"VolumeSpecification": {"VolumeType": "gp3", "SizeInGB": 64}}
                ],
                "EbsOptimized": True,
            },
        }
    ]
    assert made["Instances"]["Ec2SubnetId"] == "subnet-1"
    assert made["Instances"]["EmrManagedSlaveSecurityGroup"] == "sg-2"
    assert made["JobFlowRole"] == "nodes"
    assert made["AutoTerminationPolicy"] == {"IdleTimeout": 60}
    assert made["BootstrapActions"] == [
        {"Name": "a", "ScriptBootstrapAction": {"Path": "s3://b/a.sh", "Args": ["1"]}}
    ]
    assert {"Key": "team", "Value": "a"} in made["Tags"]
    assert "AWS sets the tag aws:cloudformation:stack-name itself" in "\n".join(result.remarks)


def test_a_described_fleet_has_our_fields(folder: Path) -> None:
    cluster = {name: value for name, value in DESCRIBED["Cluster"].items() if "Group" not in name}
    cluster["InstanceFleets"] = [
        {
            "Id": "if-1",
            "Name": "primary",
            "InstanceFleetType": "MASTER",
            "Status": {"State": "RUNNING"},
            "TargetOnDemandCapacity": 1,
            "TargetSpotCapacity": 0,
            "ProvisionedOnDemandCapacity": 1,
            "ProvisionedSpotCapacity": 0,
            "InstanceTypeSpecifications": [
                {"InstanceType": "m6i.xlarge", "WeightedCapacity": 1, "EbsBlockDevices": []}
            ],
        }
    ]

    result = translate_file("cluster.json", json.dumps({"Cluster": cluster}))

    config = load(result.text, folder)
    assert [each.type for each in config.primary.instance_types] == ["m6i.xlarge"]
    assert (config.core.units, config.task.units) == (0, 0)
    assert config.subnets == ("subnet-1",)
