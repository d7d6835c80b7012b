"""A RunJobFlow request becomes a cluster configuration that starts the same cluster."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.config.merging import merged_configurations
from emr_ml.launchers.emr.translation.request_file import TranslatedFile, translate_file
from emr_ml_tests.emulator.limits import check_run_job_flow
from emr_ml_tests.launchers.emr.configs import LAKE
from emr_ml_tests.launchers.emr.translation.cluster_file import load, started
from emr_ml_tests.launchers.emr.translation.examples import AIRFLOW, FLEETS, REQUESTS

FILE = "request.json"


def translated(request: Any) -> TranslatedFile:
    return translate_file(FILE, json.dumps(request, indent=2))


def fleets(request: dict[str, Any]) -> Any:
    """The fleets up to EMR's defaults, and to what is only about spot where there is none."""
    found: dict[str, Any] = {}
    for fleet in request["Instances"].get("InstanceFleets", ()):
        launch = fleet.get("LaunchSpecifications", {})
        found[fleet["InstanceFleetType"]] = (
            fleet.get("TargetOnDemandCapacity", 0),
            fleet.get("TargetSpotCapacity", 0),
            [
                (
                    each["InstanceType"],
                    each.get("WeightedCapacity", 1),
                    each.get("BidPriceAsPercentageOfOnDemandPrice", 100),
                    each.get("Priority"),
                    each.get("EbsConfiguration"),
                )
                for each in fleet["InstanceTypeConfigs"]
            ],
            launch.get("SpotSpecification"),
        )
    return found


def subnets(request: dict[str, Any]) -> list[str]:
    instances = request["Instances"]
    single = instances.get("Ec2SubnetId")
    return instances.get("Ec2SubnetIds") or ([single] if single else [])


def configurations(request: dict[str, Any]) -> Any:
    return merged_configurations(request.get("Configurations") or [])


def actions(request: dict[str, Any]) -> dict[str, Any]:
    return {
        each["Name"]: (
            re.sub("^s3n:", "s3:", each["ScriptBootstrapAction"]["Path"]),
            each["ScriptBootstrapAction"].get("Args", []),
        )
        for each in request.get("BootstrapActions", ())
    }


def tags(request: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags", ())}


def check_is_kept(request: dict[str, Any], made: dict[str, Any]) -> None:
    instances = request["Instances"]
    assert made["ReleaseLabel"] == request.get("ReleaseLabel", "emr-spark-8.1.0")
    assert fleets(made) == fleets(request)
    for name in ("InstanceGroups", "MasterInstanceType", "SlaveInstanceType", "InstanceCount"):
        assert made["Instances"].get(name) == instances.get(name)
    assert subnets(made) == subnets(request)
    for name in ("JobFlowRole", "ServiceRole", "SecurityConfiguration", "ManagedScalingPolicy"):
        if request.get(name):
            assert made[name] == request[name]
    for name in ("Ec2KeyName", "EmrManagedMasterSecurityGroup", "AdditionalMasterSecurityGroups"):
        assert made["Instances"].get(name) == instances.get(name)
    assert configurations(made) == configurations(request)
    assert actions(made) == actions(request)
    ours = {"project": "emr-ml", "emr-ml": "emr", "run": "run"}
    assert tags(made) == ours | tags(request) | {"emr-ml": "emr", "run": "run"}
    names = {each["Name"].lower() for each in made["Applications"]}
    assert names == {"hadoop", "spark"} | {
        each["Name"].lower() for each in request.get("Applications", ())
    }
    idle = request.get("AutoTerminationPolicy", {}).get("IdleTimeout")
    assert made["AutoTerminationPolicy"]["IdleTimeout"] == idle or idle is None


@settings(deadline=None)
@given(REQUESTS)
def test_the_configuration_of_any_request_is_valid_and_keeps_what_the_cluster_is(
    folder: Path, request_: dict[str, Any]
) -> None:
    result = translated(request_)

    made = started(load(result.text, folder))

    check_is_kept(request_, made)
    if all(path.startswith("s3://") for path, _ in actions(made).values()):
        check_run_job_flow(made)


@pytest.mark.parametrize("request_", [AIRFLOW, FLEETS], ids=["groups", "fleets"])
def test_requests_as_people_have_them_keep_what_the_cluster_is(
    folder: Path, request_: dict[str, Any]
) -> None:
    made = started(load(translated(request_).text, folder))

    check_is_kept(request_, made)


def test_what_has_a_field_of_ours_becomes_that_field(folder: Path) -> None:
    config = load(translated(FLEETS).text, folder)

    assert config.core.on_demand == 2
    assert config.task.spot == 8
    assert [(each.type, each.weight) for each in config.task.instance_types] == [
        ("m5.xlarge", 1),
        ("m5.2xlarge", 2),
    ]
    assert (config.task.spot_timeout_minutes, config.task.spot_timeout_action) == (
        20,
        "TERMINATE_CLUSTER",
    )
    assert config.log_address(LAKE) == "s3://logs/emr/"
    assert (config.idle_timeout_seconds, config.step_concurrency) == (900, 2)
    assert config.tags == {"team": "a", "empty": ""}
    assert config.overrides == {
        "BootstrapActions": [FLEETS["BootstrapActions"][1]],
        "ScaleDownBehavior": "TERMINATE_AT_TASK_COMPLETION",
    }


def test_what_is_left_out_or_changed_is_said_with_its_place() -> None:
    said = [line.removeprefix(f"{FILE}:") for line in translated(AIRFLOW).remarks]

    assert said == [
        "2:3: Name: left out: the launcher finds clusters by the name that it gives",
        "35:3: Steps: left out: the launcher adds a step for each attempt",
        (
            "30:5: Instances.KeepJobFlowAliveWhenNoSteps: changed: EMR ends the cluster once it "
            "has been idle for 60 seconds (idle_timeout_seconds), because steps come one after the "
            "other"
        ),
    ]
    said = [line.split(": ", 1)[1] for line in translated(FLEETS).remarks]
    assert said == [
        "Name: left out: the launcher finds clusters by the name that it gives",
        "LogUri: changed: s3://logs/emr/, which is the same",
        "Tags.1: left out: the launcher sets the tag run itself",
        "BootstrapActions.1: changed: it runs after the actions on S3",
        "Instances.TerminationProtected: left out: the launcher could not end the cluster",
        "Instances.InstanceFleets.0.Name: left out: fleets are called primary, core and task",
    ]


def test_a_release_that_can_not_run_the_jobs_is_replaced_with_what_belongs_to_it(
    folder: Path,
) -> None:
    request = AIRFLOW | {"ReleaseLabel": "emr-6.15.0", "CustomAmiId": "ami-1"}

    result = translated(request)

    assert load(result.text, folder).release_label == "emr-spark-8.1.0"
    said = "\n".join(result.remarks)
    assert (
        "ReleaseLabel: changed: emr-spark-8.1.0 instead, because emr-6.15.0 can't run any" in said
    )
    assert "CustomAmiId: left out: it is made for emr-6.15.0" in said
    assert "Applications: left out: emr-spark-8.1.0 may not have Livy" in said


def test_more_concurrent_steps_than_the_primary_has_memory_for_are_reduced(folder: Path) -> None:
    result = translated(AIRFLOW | {"StepConcurrencyLevel": 100})

    assert load(result.text, folder).step_concurrency == 8
    assert "StepConcurrencyLevel: changed: 8 instead of 100" in "\n".join(result.remarks)


def test_passwords_are_not_printed() -> None:
    kerberos = {"Realm": "EC2.INTERNAL", "KdcAdminPassword": "hidden-password"}

    result = translated(AIRFLOW | {"KerberosAttributes": kerberos})

    assert "hidden-password" not in result.text + "\n".join(result.remarks)
    assert any(
        "KerberosAttributes: left out: they have passwords" in line for line in result.remarks
    )


def test_tabs_between_tokens_and_odd_texts_are_read(folder: Path) -> None:
    request = {"Tags": [{"Key": "a\tb: '\"#", "Value": "\ud83d\ude00 \\ yes"}, {"Key": "on"}]}

    result = translate_file(FILE, json.dumps(request, indent="\t"))

    assert load(result.text, folder).tags == {"a\tb: '\"#": "\U0001f600 \\ yes", "on": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: is not JSON: Expecting value"),
        ('{"Name": "a",\n "Steps": [}', "2:12: is not JSON: Expecting value"),
        (
            "{'Name': 'a'}",
            "1:2: is not JSON: Expecting property name enclosed in double quotes; if",
        ),
        ("[1]", "1:1: should be an object with the parameters of RunJobFlow"),
        ('{"Name": "a",\n "Name": "b"}', "2:2: the key 'Name' is repeated"),
        (
            '{\n "Instances": {"Ec2KeyNam": "a"}}',
            "2:16: Instances.Ec2KeyNam: EMR's API has no such",
        ),
        (
            '{"Instances": {"InstanceGroups": [\n{"InstanceRole": "CORE", "InstanceType": "a"}]}}',
            "2:1: Instances.InstanceGroups.0: InstanceCount is missing",
        ),
        ('{"ServiceRole": 5}', "1:2: ServiceRole: should be of type string, not 5"),
        ('{"Instances": {"InstanceGroups": [\n{"InstanceRole": "MASTR"}]}}', "2:2: Instances.Inst"),
        ('{"JobFlowRole": "a b"}', "1:2: instance_profile: should match"),
        (
            '{"Instances": {\n"Ec2SubnetIds": ["vpc-1"]}}',
            "2:18: subnets.0: should match ^subnet-[0-9a-zA-Z]+$, not 'vpc-1'",
        ),
        ('{"AutoTerminationPolicy": {"IdleTimeout": 5}}', "1:2: idle_timeout_seconds: should be"),
        (
            '{"Cluster": {"Id": "j-1", "Nme": "a"}}',
            "1:27: Nme: a cluster has no such attribute: did",
        ),
        (
            '{"Cluster": {"Ec2InstanceAttributes": 5}}',
            "1:1: is not what `aws emr describe-cluster`",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_place(text: str, expected: str) -> None:
    with pytest.raises(ClusterConfigError) as caught:
        translate_file(FILE, text)

    assert str(caught.value).splitlines()[0].removeprefix(f"{FILE}:").startswith(expected)
