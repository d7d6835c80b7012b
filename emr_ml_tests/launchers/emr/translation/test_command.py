"""A command `aws emr create-cluster` becomes a configuration of the same cluster."""

from pathlib import Path

import pytest

from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.translation.request_file import translate_file
from emr_ml_tests.emulator.limits import check_run_job_flow
from emr_ml_tests.launchers.emr.translation.cluster_file import load, started

# as the console exports it
EXPORTED = r"""aws emr create-cluster \
 --name "My cluster" \
 --log-uri "s3n://logs/emr/" \
 --release-label "emr-spark-8.0.0" \
 --service-role "arn:aws:iam::123456789012:role/service-role/emr" \
 --ec2-attributes '{"InstanceProfile":"nodes","EmrManagedMasterSecurityGroup":"sg-1",\
"EmrManagedSlaveSecurityGroup":"sg-2","KeyName":"mine","SubnetIds":["subnet-1"]}' \
 --tags 'for-use-with=emr' team=a \
 --applications Name=Hadoop Name=Livy Name=Spark \
 --instance-groups '[{"InstanceCount":1,"InstanceGroupType":"MASTER","Name":"Primary",\
"InstanceType":"m5.xlarge"}]' \
 --bootstrap-actions Path=s3://scripts/a.sh,Name=mine,Args=[x,y] \
 --steps '[{"Name":"pi","ActionOnFailure":"CONTINUE"}]' \
 --auto-termination-policy '{"IdleTimeout":3600}' \
 --region "eu-west-1"
"""


def test_an_exported_command_starts_the_same_cluster(folder: Path) -> None:
    result = translate_file("export.txt", EXPORTED)

    made = started(load(result.text, folder))
    check_run_job_flow(made)
    assert made["ReleaseLabel"] == "emr-spark-8.0.0"
    assert made["LogUri"] == "s3://logs/emr/"
    assert made["JobFlowRole"] == "nodes"
    assert made["AutoTerminationPolicy"] == {"IdleTimeout": 3600}
    assert made["Applications"] == [{"Name": "Hadoop"}, {"Name": "Spark"}, {"Name": "Livy"}]
    assert made["Instances"]["InstanceGroups"] == [
        {
            "InstanceCount": 1,
            "InstanceRole": "MASTER",
            "Name": "Primary",
            "InstanceType": "m5.xlarge",
        }
    ]
    assert made["Instances"]["Ec2SubnetId"] == "subnet-1"
    assert made["Instances"]["Ec2KeyName"] == "mine"
    assert made["BootstrapActions"] == [
        {
            "Name": "mine",
            "ScriptBootstrapAction": {"Path": "s3://scripts/a.sh", "Args": ["x", "y"]},
        }
    ]
    assert {"Key": "team", "Value": "a"} in made["Tags"]
    assert [line.split(": ")[1] for line in result.remarks] == ["Name", "Steps", "LogUri"]


def test_a_command_in_shorthand_is_read(folder: Path) -> None:
    text = (
        "aws emr create-cluster --release-label emr-spark-8.1.0 --use-default-roles "
        "--instance-type m5.xlarge --instance-count 3 --auto-terminate --ebs-root-volume-size=50 "
        "--ec2-attributes SubnetId=subnet-1,AdditionalMasterSecurityGroups=[sg-3,sg-4]"
    )

    made = started(load(translate_file("command", text).text, folder))

    check_run_job_flow(made)
    instances = made["Instances"]
    assert (instances["MasterInstanceType"], instances["InstanceCount"]) == ("m5.xlarge", 3)
    assert instances["AdditionalMasterSecurityGroups"] == ["sg-3", "sg-4"]
    assert made["AutoTerminationPolicy"] == {"IdleTimeout": 60}
    assert made["EbsRootVolumeSize"] == 50


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--relase-label a", "1:1: --relase-label: unknown option: did you mean --release-label?"),
        ("--name 'a", "1:1: is not a command: No closing quotation"),
        ("--instance-count many", "1:1: --instance-count: can't be read: should be a whole number"),
        ("--instance-groups '[{'", "1:1: --instance-groups: can't be read: "),
        ("--configurations file://c.json", "1:1: --configurations: can't be read: write the cont"),
        ("--ec2-attributes KeyNam=a", "1:1: Instances.KeyNam: EMR's API has no such field"),
        ("--instance-type", "1:1: --instance-type: can't be read: "),
    ],
)
def test_a_mistake_in_a_command_is_told(options: str, expected: str) -> None:
    with pytest.raises(ClusterConfigError) as caught:
        translate_file("command", f"aws emr create-cluster {options}")

    assert str(caught.value).removeprefix("command:").startswith(expected)
