"""The RunJobFlow request of a cluster, and the name that suitable clusters share."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.requests.job_flow import (
    CLUSTER_PREFIX,
    cluster_name,
    run_job_flow_request,
)
from emr_ml_tests.emulator.limits import check_run_job_flow
from emr_ml_tests.launchers.emr.configs import (
    FIELDS,
    IRRELEVANT,
    LAKE,
    RELEVANT,
    TARGET,
    config,
)


@dataclass(frozen=True)
class Action:
    name: str
    path: str
    args: tuple[str, ...] = ()


OURS = Action("Python packages", f"{LAKE}/bootstrap/0123/install.sh", ("index",))
THEIRS = Action("proxy", "s3://bucket/proxy.sh")
RUN = "0a1b2c3d-4e5f"


def request(*actions: Action, **fields: Any) -> dict[str, Any]:
    return run_job_flow_request(config(**fields), TARGET, actions or (OURS,), RUN)


def fleet(role: str, **fields: Any) -> Mapping[str, Any] | None:
    fleets = request(**fields)["Instances"]["InstanceFleets"]
    return next((each for each in fleets if each["InstanceFleetType"] == role), None)


def name(**fields: Any) -> str:
    return cluster_name(config(**fields), TARGET, (OURS,), RUN)


@settings(deadline=None)
@given(FIELDS)
def test_every_valid_configuration_is_valid_for_emr(fields: dict[str, Any]) -> None:
    check_run_job_flow(request(**fields))


@settings(deadline=None)
@given(FIELDS)
def test_every_cluster_ends_itself_and_starts_without_steps(fields: dict[str, Any]) -> None:
    asked = request(**fields)

    idle = config(**fields).idle_timeout_seconds
    assert asked["AutoTerminationPolicy"] == {"IdleTimeout": idle}
    assert asked["Instances"]["KeepJobFlowAliveWhenNoSteps"] is True
    assert asked["Instances"]["TerminationProtected"] is False
    assert "Steps" not in asked


@settings(deadline=None)
@given(FIELDS)
def test_changing_a_request_does_not_change_its_configuration(fields: dict[str, Any]) -> None:
    given_config = config(**fields)
    before = copy.deepcopy(given_config)

    asked = run_job_flow_request(given_config, TARGET, (OURS,), RUN)
    asked["Instances"].clear()
    for entry in asked.get("Configurations", []):
        entry["Properties"].clear()

    assert given_config == before


def test_by_default_spark_and_hadoop_run_and_logs_go_to_the_lake() -> None:
    asked = request()

    assert asked["ReleaseLabel"] == "emr-spark-8.1.0"
    assert asked["Applications"] == [{"Name": "Hadoop"}, {"Name": "Spark"}]
    assert asked["LogUri"] == "s3://bucket/lake/logs/"
    assert asked["ServiceRole"] == "EMR_DefaultRole"
    assert asked["JobFlowRole"] == "EMR_EC2_DefaultRole"
    assert asked["VisibleToAllUsers"] is True
    assert asked["AutoTerminationPolicy"] == {"IdleTimeout": 300}


def test_a_configured_log_uri_gets_the_slash_that_emr_needs() -> None:
    assert request(log_uri="s3://logs")["LogUri"] == "s3://logs/"
    assert request(log_uri="s3://logs/here/")["LogUri"] == "s3://logs/here/"


def test_primary_and_core_are_on_demand_and_task_is_spot_of_several_types() -> None:
    primary, core, task = (fleet(role) for role in ("MASTER", "CORE", "TASK"))

    for each in (primary, core):
        assert each and each["TargetOnDemandCapacity"] == 1
        assert "TargetSpotCapacity" not in each
        assert "SpotSpecification" not in each["LaunchSpecifications"]
    assert task and task["TargetSpotCapacity"] == 2
    assert len(task["InstanceTypeConfigs"]) > 4
    assert {
        each["BidPriceAsPercentageOfOnDemandPrice"] for each in task["InstanceTypeConfigs"]
    } == {100}
    assert task["LaunchSpecifications"]["SpotSpecification"] == {
        "TimeoutDurationMinutes": 10,
        "TimeoutAction": "SWITCH_TO_ON_DEMAND",
        "AllocationStrategy": "price-capacity-optimized",
    }


def test_a_task_fleet_without_units_is_left_out() -> None:
    assert fleet("TASK", task={"spot": 0}) is None


def test_weights_prices_and_priorities_are_set_on_the_types() -> None:
    found = fleet(
        "TASK",
        task={
            "instance_types": ["m5.xlarge", {"type": "m5.2xlarge", "weight": 2, "priority": 1.5}],
            "max_price_percent": 60,
        },
    )

    assert found and found["InstanceTypeConfigs"] == [
        {
            "InstanceType": "m5.xlarge",
            "WeightedCapacity": 1,
            "BidPriceAsPercentageOfOnDemandPrice": 60,
        },
        {
            "InstanceType": "m5.2xlarge",
            "WeightedCapacity": 2,
            "BidPriceAsPercentageOfOnDemandPrice": 60,
            "Priority": 1.5,
        },
    ]


def test_managed_scaling_counts_units_of_fleets() -> None:
    scaling = {"minimum": 1, "maximum": 10, "max_on_demand": 4, "utilization_index": 75}

    asked = request(managed_scaling=scaling)

    assert asked["ManagedScalingPolicy"] == {
        "ComputeLimits": {
            "UnitType": "InstanceFleetUnits",
            "MinimumCapacityUnits": 1,
            "MaximumCapacityUnits": 10,
            "MaximumOnDemandCapacityUnits": 4,
        },
        "ScalingStrategy": "ADVANCED",
        "UtilizationPerformanceIndex": 75,
    }


def test_a_fleet_that_scaling_may_give_spot_has_a_maximum_price() -> None:
    core = fleet("CORE", managed_scaling={"minimum": 1, "maximum": 3})
    primary = fleet("MASTER", managed_scaling={"minimum": 1, "maximum": 3})

    assert core and core["LaunchSpecifications"]["SpotSpecification"]
    assert core["InstanceTypeConfigs"][0]["BidPriceAsPercentageOfOnDemandPrice"] == 100
    assert primary and "SpotSpecification" not in primary["LaunchSpecifications"]


def test_subnets_security_groups_and_volumes_are_set() -> None:
    asked = request(
        subnets=["subnet-1", "subnet-2"],
        security_groups={
            "primary": "sg-1",
            "core": "sg-2",
            "service_access": "sg-3",
            "additional_primary": ["sg-4"],
            "additional_core": ["sg-5"],
        },
        security_configuration="encrypted",
        root_volume_gb=40,
    )

    expected = {
        "Ec2SubnetIds": ["subnet-1", "subnet-2"],
        "EmrManagedMasterSecurityGroup": "sg-1",
        "EmrManagedSlaveSecurityGroup": "sg-2",
        "ServiceAccessSecurityGroup": "sg-3",
        "AdditionalMasterSecurityGroups": ["sg-4"],
        "AdditionalSlaveSecurityGroups": ["sg-5"],
    }
    assert expected.items() <= asked["Instances"].items()
    assert asked["SecurityConfiguration"] == "encrypted"
    assert asked["EbsRootVolumeSize"] == 40


def test_bootstrap_actions_keep_their_order() -> None:
    actions = request(THEIRS, OURS)["BootstrapActions"]

    assert [each["Name"] for each in actions] == ["proxy", "Python packages"]
    assert actions[1]["ScriptBootstrapAction"] == {"Path": OURS.path, "Args": ["index"]}


def test_more_bootstrap_actions_than_emr_runs_are_refused() -> None:
    with pytest.raises(ClusterConfigError, match="EMR runs up to 16, not 17"):
        request(*(Action(f"a{number}", "s3://bucket/a") for number in range(17)))


def test_tags_name_the_project_and_the_run_that_started_the_cluster() -> None:
    tags = request(tags={"team": "a", "project": "ours", "emr-ml": "theirs"})["Tags"]

    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "project": "ours",
        "emr-ml": "emr",
        "run": RUN,
        "team": "a",
    }


def test_configurations_of_one_classification_are_one_entry() -> None:
    def defaults(**properties: str) -> dict[str, Any]:
        return {"Classification": "spark-defaults", "Properties": properties}

    asked = request(
        configurations=[defaults(a="1", b="1"), defaults(b="2")],
        overrides={"Configurations": [defaults(c="3")]},
    )

    assert asked["Configurations"] == [defaults(a="1", b="2", c="3")]


def test_an_override_reaches_any_field() -> None:
    asked = request(
        overrides={
            "Instances": {"Ec2KeyName": "mine", "UnhealthyNodeReplacement": False},
            "ScaleDownBehavior": "TERMINATE_AT_TASK_COMPLETION",
            "ServiceRole": "other",
            "AutoTerminationPolicy": {"IdleTimeout": 120},
        }
    )

    assert asked["Instances"]["Ec2KeyName"] == "mine"
    assert asked["Instances"]["UnhealthyNodeReplacement"] is False
    assert asked["ScaleDownBehavior"] == "TERMINATE_AT_TASK_COMPLETION"
    assert asked["ServiceRole"] == "other"
    assert asked["AutoTerminationPolicy"] == {"IdleTimeout": 120}
    assert len(asked["Instances"]["InstanceFleets"]) == 3


def test_instance_groups_take_the_place_of_fleets() -> None:
    groups = [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}]

    asked = request(overrides={"Instances": {"InstanceFleets": None, "InstanceGroups": groups}})

    assert asked["Instances"]["InstanceGroups"] == groups
    assert "InstanceFleets" not in asked["Instances"]
    check_run_job_flow(asked)


def test_an_incomplete_entry_of_an_override_is_reported() -> None:
    with pytest.raises(ClusterConfigError, match=r"BootstrapActions.1: ScriptBootstrapAction is"):
        request(overrides={"BootstrapActions": [{"Name": "mine"}]})


@settings(deadline=None)
@given(FIELDS)
def test_equal_configurations_have_one_name(fields: dict[str, Any]) -> None:
    assert name(**fields) == name(**copy.deepcopy(fields))


@settings(deadline=None)
@given(FIELDS, st.fixed_dictionaries({}, optional=IRRELEVANT))
def test_irrelevant_fields_do_not_change_the_name(
    fields: dict[str, Any], others: dict[str, Any]
) -> None:
    assert name(**fields) == name(**(fields | others))


@settings(deadline=None)
@given(st.data())
def test_names_are_equal_if_and_only_if_requests_are(data: st.DataObject) -> None:
    fields = data.draw(st.fixed_dictionaries({}, optional=RELEVANT))
    changed = data.draw(st.sampled_from(sorted(RELEVANT)))
    other = fields | {changed: data.draw(RELEVANT[changed])}

    asked, asked_other = request(**fields), request(**other)

    same = {**asked, "Name": ""} == {**asked_other, "Name": ""}
    assert (name(**fields) == name(**other)) == same


@pytest.mark.parametrize("field", sorted(RELEVANT))
def test_each_relevant_field_changes_the_name(field: str) -> None:
    values: dict[str, Any] = {
        "release_label": "emr-spark-8.0.0",
        "primary": {"instance_types": ["r5.xlarge"]},
        "core": {"on_demand": 2},
        "task": {"spot": 3},
        "managed_scaling": {"minimum": 1, "maximum": 2},
        "step_concurrency": 2,
        "root_volume_gb": 50,
        "subnets": ["subnet-1"],
        "security_groups": {"primary": "sg-1", "core": "sg-2"},
        "security_configuration": "mine",
        "service_role": "mine",
        "instance_profile": "mine",
        "configurations": [{"Classification": "spark"}],
        "log_uri": "s3://logs/",
        "idle_timeout_seconds": 60,
        "overrides": {"Instances": {"Ec2KeyName": "mine"}},
    }

    assert name(**{field: values[field]}) != name()


def test_lake_region_endpoint_and_bootstrap_change_the_name() -> None:
    log_uri = "s3://logs/"
    targets = [
        TARGET,
        replace(TARGET, lake="s3://bucket/other"),
        replace(TARGET, region="us-east-1"),
        replace(TARGET, url="http://127.0.0.1:5000"),
    ]
    actions = [(OURS,), (THEIRS, OURS), (replace(OURS, args=("s3://wheels",)),)]
    made = config(log_uri=log_uri)

    names = {cluster_name(made, target, (OURS,), RUN) for target in targets}
    names |= {cluster_name(made, TARGET, each, RUN) for each in actions}

    assert len(names) == 4 + 2


def test_integers_and_floats_give_the_same_name() -> None:
    assert name(task={"max_price_percent": 100}) == name(task={"max_price_percent": 100.0})
    assert name(task={"max_price_percent": 100}) == name()


def test_a_shared_cluster_has_the_prefix_and_no_run_in_its_name() -> None:
    assert name().startswith(CLUSTER_PREFIX)
    assert len(name()) == len(CLUSTER_PREFIX) + 16
    assert name() == request()["Name"]
    assert name() == cluster_name(config(), TARGET, (OURS,), "another run")


def test_the_name_of_a_runs_own_cluster_ends_with_the_run() -> None:
    assert name(scope="run") == f"{name()} run 0a1b2c3d"
