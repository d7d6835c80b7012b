"""RunJobFlow requests as people have them, and random ones."""

from typing import Any

from hypothesis import strategies as st

# as in Airflow's examples
AIRFLOW: dict[str, Any] = {
    "Name": "PiCalc",
    "ReleaseLabel": "emr-spark-8.0.0",
    "Applications": [{"Name": "Spark"}, {"Name": "Livy"}],
    "Instances": {
        "InstanceGroups": [
            {
                "Name": "Primary node",
                "Market": "ON_DEMAND",
                "InstanceRole": "MASTER",
                "InstanceType": "m5.xlarge",
                "InstanceCount": 1,
            },
            {
                "Name": "Core nodes",
                "Market": "SPOT",
                "BidPrice": "0.10",
                "InstanceRole": "CORE",
                "InstanceType": "m5.xlarge",
                "InstanceCount": 2,
            },
        ],
        "KeepJobFlowAliveWhenNoSteps": False,
        "TerminationProtected": False,
        "Ec2KeyName": "mine",
        "Ec2SubnetId": "subnet-1",
    },
    "Steps": [{"Name": "pi", "HadoopJarStep": {"Jar": "command-runner.jar"}}],
    "JobFlowRole": "EMR_EC2_DefaultRole",
    "ServiceRole": "EMR_DefaultRole",
    "VisibleToAllUsers": True,
}

# as the console's clone of a cluster with fleets
FLEETS: dict[str, Any] = {
    "Name": "clone",
    "ReleaseLabel": "emr-spark-8.1.0",
    "LogUri": "s3n://logs/emr/",
    "Instances": {
        "InstanceFleets": [
            {
                "Name": "Primary",
                "InstanceFleetType": "MASTER",
                "TargetOnDemandCapacity": 1,
                "TargetSpotCapacity": 0,
                "InstanceTypeConfigs": [
                    {"InstanceType": "m5.xlarge", "BidPriceAsPercentageOfOnDemandPrice": 100.0}
                ],
            },
            {
                "InstanceFleetType": "TASK",
                "TargetSpotCapacity": 8,
                "InstanceTypeConfigs": [
                    {"InstanceType": "m5.xlarge", "WeightedCapacity": 1},
                    {"InstanceType": "m5.2xlarge", "WeightedCapacity": 2},
                ],
                "LaunchSpecifications": {
                    "SpotSpecification": {
                        "TimeoutDurationMinutes": 20,
                        "TimeoutAction": "TERMINATE_CLUSTER",
                        "AllocationStrategy": "capacity-optimized",
                    }
                },
            },
            {
                "InstanceFleetType": "CORE",
                "TargetOnDemandCapacity": 2,
                "InstanceTypeConfigs": [{"InstanceType": "r5.xlarge"}],
            },
        ],
        "KeepJobFlowAliveWhenNoSteps": True,
        "TerminationProtected": True,
        "Ec2SubnetIds": ["subnet-1", "subnet-2"],
        "EmrManagedMasterSecurityGroup": "sg-1",
        "EmrManagedSlaveSecurityGroup": "sg-2",
    },
    "BootstrapActions": [
        {"Name": "a", "ScriptBootstrapAction": {"Path": "s3://b/a.sh", "Args": ["1", "x=y"]}},
        {"Name": "b", "ScriptBootstrapAction": {"Path": "file:///usr/share/b.sh"}},
    ],
    "Configurations": [
        {"Classification": "spark-defaults", "Properties": {"spark.a": "true"}},
        {
            "Classification": "spark-env",
            "Configurations": [{"Classification": "export", "Properties": {"A": "1"}}],
        },
    ],
    "AutoTerminationPolicy": {"IdleTimeout": 900},
    "ManagedScalingPolicy": None,
    "StepConcurrencyLevel": 2,
    "SecurityConfiguration": "safe",
    "EbsRootVolumeSize": 40,
    "JobFlowRole": "nodes",
    "ServiceRole": "arn:aws:iam::123456789012:role/emr",
    "Tags": [{"Key": "team", "Value": "a"}, {"Key": "run", "Value": "b"}, {"Key": "empty"}],
    "ScaleDownBehavior": "TERMINATE_AT_TASK_COMPLETION",
}

WORD = st.text("abcxyz", min_size=1, max_size=4)
TYPE = st.sampled_from(["m5.xlarge", "m5.2xlarge", "c5.xlarge", "r6g.xlarge", "i3.xlarge"])
PROPERTIES = st.dictionaries(WORD, WORD | st.sampled_from(["true", "1", "010", "null", ""]))
CONFIGURATIONS = st.lists(
    st.fixed_dictionaries(
        {"Classification": st.sampled_from(["spark-defaults", "yarn-site", "spark-env"])},
        optional={
            "Properties": PROPERTIES,
            "Configurations": st.lists(
                st.fixed_dictionaries({"Classification": WORD, "Properties": PROPERTIES}),
                max_size=1,
            ),
        },
    ),
    max_size=3,
)


def _type_name(config: dict[str, Any]) -> str:
    return config["InstanceType"]


def _fleet(role: str, on_demand: int, spot: int) -> st.SearchStrategy[dict[str, Any]]:
    weights = st.just(1) if role == "MASTER" else st.integers(1, 3)
    types = st.lists(
        st.fixed_dictionaries(
            {"InstanceType": TYPE},
            optional={
                "WeightedCapacity": weights,
                "BidPriceAsPercentageOfOnDemandPrice": st.sampled_from([50.0, 100.0]),
                "Priority": st.sampled_from([0.0, 1.0]),
                "EbsConfiguration": st.just({"EbsOptimized": True}),
            },
        ),
        min_size=1,
        max_size=3,
        unique_by=_type_name,
    )
    spot_terms = st.fixed_dictionaries(
        {
            "TimeoutDurationMinutes": st.integers(5, 60),
            "TimeoutAction": st.sampled_from(["SWITCH_TO_ON_DEMAND", "TERMINATE_CLUSTER"]),
        },
        optional={
            "AllocationStrategy": st.sampled_from(["price-capacity-optimized", "lowest-price"])
        },
    )
    launch = st.fixed_dictionaries(
        {"SpotSpecification": spot_terms} if spot else {},
        optional={"OnDemandSpecification": st.just({"AllocationStrategy": "lowest-price"})},
    )
    return st.fixed_dictionaries(
        {
            "InstanceFleetType": st.just(role),
            "TargetOnDemandCapacity": st.just(on_demand),
            "TargetSpotCapacity": st.just(spot),
            "InstanceTypeConfigs": types,
            "LaunchSpecifications": launch,
        },
        optional={"Name": WORD},
    )


def _group(role: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "InstanceRole": st.just(role),
            "InstanceType": TYPE,
            "InstanceCount": st.just(1) if role == "MASTER" else st.integers(1, 9),
        },
        optional={"Name": WORD, "Market": st.sampled_from(["ON_DEMAND", "SPOT"])},
    )


FLEET_LISTS = st.tuples(
    _fleet("MASTER", 1, 0), _fleet("CORE", 2, 0) | _fleet("CORE", 1, 3), _fleet("TASK", 0, 4)
).map(list)
NODES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries(
        {"InstanceFleets": FLEET_LISTS},
        optional={"Ec2SubnetIds": st.just(["subnet-1", "subnet-2"])},
    ),
    st.fixed_dictionaries(
        {"InstanceGroups": st.tuples(_group("MASTER"), _group("CORE")).map(list)},
        optional={"Ec2SubnetId": st.just("subnet-3")},
    ),
    st.fixed_dictionaries({"MasterInstanceType": TYPE, "InstanceCount": st.integers(1, 5)}),
)
OTHER_INSTANCES = st.fixed_dictionaries(
    {},
    optional={
        "KeepJobFlowAliveWhenNoSteps": st.booleans(),
        "TerminationProtected": st.booleans(),
        "Ec2KeyName": WORD,
        "EmrManagedMasterSecurityGroup": st.just("sg-1"),
        "EmrManagedSlaveSecurityGroup": st.just("sg-2"),
        "AdditionalMasterSecurityGroups": st.just(["sg-3"]),
    },
)


def _action(name: str, path: str, args: list[str]) -> dict[str, Any]:
    return {"Name": name, "ScriptBootstrapAction": {"Path": path, "Args": args}}


def _action_name(action: dict[str, Any]) -> str:
    return action["Name"]


def _policy(least: int, more: int) -> dict[str, Any]:
    limits = {"MinimumCapacityUnits": least, "MaximumCapacityUnits": least + more}
    return {"ComputeLimits": {"UnitType": "Instances"} | limits}


ACTIONS = st.lists(
    st.builds(
        _action,
        WORD,
        st.sampled_from(["s3://scripts/a.sh", "s3n://scripts/c.sh", "file:///opt/d.sh"]),
        st.lists(WORD, max_size=2),
    ),
    max_size=3,
    unique_by=_action_name,
)


def _scaled(request: dict[str, Any]) -> dict[str, Any]:
    """Let managed scaling count what the request has."""
    if "ManagedScalingPolicy" in request and "InstanceFleets" in request["Instances"]:
        limits = request["ManagedScalingPolicy"]["ComputeLimits"]
        limits = limits | {"UnitType": "InstanceFleetUnits"}
        return request | {"ManagedScalingPolicy": {"ComputeLimits": limits}}
    return request


REQUESTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "Name": WORD,
        "Instances": st.tuples(NODES, OTHER_INSTANCES).map(lambda parts: parts[0] | parts[1]),
    },
    optional={
        "ReleaseLabel": st.sampled_from(["emr-spark-8.1.0", "emr-spark-8.0.0"]),
        "LogUri": WORD.map("s3://logs/{}".format),
        "ServiceRole": WORD,
        "JobFlowRole": WORD,
        "SecurityConfiguration": WORD,
        "BootstrapActions": ACTIONS,
        "Configurations": CONFIGURATIONS,
        "Tags": st.dictionaries(WORD, WORD, max_size=3).map(
            lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()]
        ),
        "Applications": st.lists(
            st.sampled_from(["Spark", "hadoop", "Livy"]).map(lambda name: {"Name": name}),
            unique_by=lambda each: each["Name"],
        ),
        "Steps": st.just([]),
        "AutoTerminationPolicy": st.integers(60, 900).map(lambda idle: {"IdleTimeout": idle}),
        "ManagedScalingPolicy": st.builds(_policy, st.integers(1, 3), st.integers(0, 3)),
        "StepConcurrencyLevel": st.integers(1, 256),
        "EbsRootVolumeSize": st.integers(15, 100),
        "VisibleToAllUsers": st.booleans(),
        "ScaleDownBehavior": st.just("TERMINATE_AT_TASK_COMPLETION"),
    },
).map(_scaled)
