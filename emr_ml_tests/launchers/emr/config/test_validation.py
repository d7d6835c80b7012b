"""Rules between the fields of a cluster configuration."""

from pathlib import Path

import pytest

from emr_ml.launchers.emr.config.validation import InstanceSize, instance_size
from emr_ml_tests.launchers.emr.configs import File

SCALING = "managed_scaling: {minimum: 1, maximum: 3}\n"
GROUP = "{InstanceFleets: null, MasterInstanceType: m5.xlarge}"
COUNTS_FLEETS = "{ComputeLimits: {UnitType: InstanceFleetUnits}}"
COUNTS_NODES = "{ComputeLimits: {UnitType: Instances}}"


@pytest.fixture(name="file")
def fixture_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> File:
    return File(tmp_path / "cluster.yaml", monkeypatch)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spark: 3.5.8\n", "1:1: spark: emr-spark-8.1.0 has Spark 4.1.1, not 3.5.8"),
        ("primary: {on_demand: 2}\n", "1:1: primary: has 1 unit, on_demand or spot, not 2"),
        ("primary: {spot: 1}\n", "1:1: primary: has 1 unit, on_demand or spot, not 2"),
        (
            "primary: {instance_types: [{type: m5.xlarge, weight: 2}]}\n",
            "1:11: primary.instance_types: EMR accepts no weights in this fleet",
        ),
        ("core: {on_demand: 0}\n", "1:1: core: has no units: task nodes need at least one core"),
        (
            "core: {on_demand: 0}\ntask: {spot: 0}\nmanaged_scaling: {minimum: 1, maximum: 2}\n",
            "3:1: managed_scaling: needs at least one unit in core",
        ),
        ("step_concurrency: 9\n", "1:1: step_concurrency: leaves no GB for each driver in half"),
        (
            "step_concurrency: 2\ndriver_memory_gb: 8\n",
            "2:1: driver_memory_gb: 8 GB for each of 2 drivers do not fit into a primary of 16 GiB",
        ),
        (
            "runtime_role: arn:aws:iam::123456789012:role/jobs\n",
            "1:1: runtime_role: needs a security_configuration",
        ),
        ("subnets: [subnet-1, subnet-1]\n", "1:1: subnets: names a subnet twice"),
        ("tags: {'aws:a': b}\n", "1:8: tags.aws:a: AWS accepts keys of 1 to 128 characters"),
        ("spark_conf: {executor.cores: 2}\n", "1:14: spark_conf.executor.cores: Spark's propert"),
        (
            "spark_conf: {spark.hadoop.fs.s3a.secret.key: x}\n",
            "1:14: spark_conf.spark.hadoop.fs.s3a.secret.key: would be visible",
        ),
        (
            "spark_conf: {spark.submit.deployMode: cluster}\n",
            "1:14: spark_conf.spark.submit.deployMode: is set by the launcher: steps run in client",
        ),
        (
            "overrides:\n  Instances:\n    Ec2KeyNam: mine\n",
            "3:5: overrides.Instances.Ec2KeyNam: EMR's API has no such field: did you mean Ec2Key",
        ),
        (
            "overrides: {VisibleToAllUsers: 'yes'}\n",
            "1:13: overrides.VisibleToAllUsers: should be of type boolean, not 'yes'",
        ),
        ("overrides: {Name: mine}\n", "1:13: overrides.Name: can't be overridden: clusters are"),
        ("overrides: {Steps: []}\n", "1:13: overrides.Steps: can't be overridden: steps are added"),
        ("overrides: {AutoTerminationPolicy: null}\n", "1:13: overrides.AutoTerminationPolicy: ev"),
        (
            "overrides: {AutoTerminationPolicy: {IdleTimeout: 301}}\n",
            "1:13: overrides.AutoTerminationPolicy: every cluster must end itself when it is idle",
        ),
        (
            "overrides: {AutoTerminationPolicy: {IdleTimeout: null}}\n",
            "1:13: overrides.AutoTerminationPolicy: every cluster must end",
        ),
        (
            "overrides: {AutoTerminationPolicy: {IdleTimeout: 59}}\n",
            "1:37: overrides.AutoTerminationPolicy.IdleTimeout: should be at least 60",
        ),
        (
            "overrides: {Instances: {KeepJobFlowAliveWhenNoSteps: false}}\n",
            "1:25: overrides.Instances.KeepJobFlowAliveWhenNoSteps: the cluster would end before",
        ),
        (
            "overrides: {Instances: {TerminationProtected: true}}\n",
            "1:25: overrides.Instances.TerminationProtected: the cluster could not be terminated",
        ),
        (
            "overrides: {Instances: {MasterInstanceType: m5.xlarge}}\n",
            "1:25: overrides.Instances.MasterInstanceType: excludes instance fleets: also set",
        ),
        (
            "subnets: [subnet-1]\noverrides: {Instances: {Ec2SubnetId: subnet-2}}\n",
            "2:25: overrides.Instances.Ec2SubnetId: EMR accepts either subnets, one",
        ),
        (
            f"{SCALING}overrides: {{Instances: {GROUP}}}\n",
            "1:1: managed_scaling: counts InstanceFleetUnits, but the overrides have instance gro",
        ),
        (
            f"overrides:\n  Instances: {GROUP}\n  ManagedScalingPolicy: {COUNTS_FLEETS}\n",
            "3:42: overrides.ManagedScalingPolicy.ComputeLimits.UnitType: counts InstanceFleetUn",
        ),
        (
            "overrides: {ManagedScalingPolicy: {ComputeLimits: {UnitType: VCPU}}}\n",
            "1:52: overrides.ManagedScalingPolicy.ComputeLimits.UnitType: EMR counts VCPU only for",
        ),
        (
            "overrides: {ReleaseLabel: emr-1}\n",
            "1:13: release_label: its Spark is not known: set it, for",
        ),
        (
            "release_label: emr-spark-8.0.0\noverrides: {StepConcurrencyLevel: 300}\n",
            "2:13: step_concurrency: should be less than or equal to 256, not 300",
        ),
    ],
)
def test_a_conflict_is_reported_with_its_location(file: File, text: str, expected: str) -> None:
    assert file.mistake(text).startswith(expected)


def test_all_conflicts_are_reported_at_once(file: File) -> None:
    assert len(file.mistakes("spark: 3.5.8\nprimary: {on_demand: 2}\noverrides: {Name: a}\n")) == 3


@pytest.mark.parametrize(
    "text",
    [
        "overrides: {AutoTerminationPolicy: {IdleTimeout: 60}}\n",
        "overrides: {AutoTerminationPolicy: {}}\n",
        "overrides: {Instances: {Ec2SubnetId: subnet-1}}\n",
        "overrides: {Instances: {KeepJobFlowAliveWhenNoSteps: true}}\n",
        "overrides: {Instances: {InstanceFleets: null, MasterInstanceType: m5.xlarge}}\n",
        f"{SCALING}overrides: {{Instances: {GROUP}, ManagedScalingPolicy: {COUNTS_NODES}}}\n",
        f"{SCALING}overrides: {{Instances: {GROUP}, ManagedScalingPolicy: null}}\n",
        "core: {on_demand: 0}\ntask: {spot: 0}\n",
        "primary: {on_demand: 0, spot: 1}\n",
        "primary: {instance_types: [x1e.xlarge]}\nstep_concurrency: 256\n",
    ],
)
def test_a_consistent_configuration_is_accepted(file: File, text: str) -> None:
    file.load(text)


@pytest.mark.parametrize(
    ("instance_type", "size"),
    [
        ("m5.large", InstanceSize(2, 8)),
        ("m5.xlarge", InstanceSize(4, 16)),
        ("m6g.2xlarge", InstanceSize(8, 32)),
        ("m7i-flex.xlarge", InstanceSize(4, 16)),
        ("c5.large", InstanceSize(2, 4)),
        ("c6in.24xlarge", InstanceSize(96, 192)),
        ("r5d.4xlarge", InstanceSize(16, 128)),
        ("r5.24xlarge", InstanceSize(96, 768)),
        ("m4.xlarge", None),
        ("r3.xlarge", None),
        ("i3.xlarge", None),
        ("m5.metal", None),
        ("m6g.medium", None),
        ("p3.2xlarge", None),
        ("", None),
    ],
)
def test_instance_sizes_follow_from_names_that_keep_the_rule(
    instance_type: str, size: InstanceSize | None
) -> None:
    assert instance_size(instance_type) == size
