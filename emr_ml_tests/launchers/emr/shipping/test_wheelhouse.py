"""Which wheels which nodes need."""

import pytest

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.shipping.wheelhouse import platforms
from emr_ml.launchers.remote.wheels import Platform


@pytest.mark.parametrize(
    ("instance", "arch"),
    [
        ("m5.xlarge", "x86_64"),
        ("m6i.xlarge", "x86_64"),
        ("m6a.xlarge", "x86_64"),
        ("g4dn.xlarge", "x86_64"),
        ("p4d.24xlarge", "x86_64"),
        ("i4i.xlarge", "x86_64"),
        ("m6g.xlarge", "aarch64"),
        ("c7gn.xlarge", "aarch64"),
        ("r8gd.xlarge", "aarch64"),
        ("x2gd.xlarge", "aarch64"),
        ("im4gn.xlarge", "aarch64"),
        ("g5g.xlarge", "aarch64"),
        ("a1.xlarge", "aarch64"),
    ],
)
def test_the_instance_type_determines_the_processor(instance: str, arch: str) -> None:
    fleet = {"instance_types": [instance]}
    config = ClusterConfig.model_validate({"primary": fleet, "core": fleet, "task": fleet})
    assert platforms(config) == {Platform("3.11", arch)}


def test_a_fleet_without_instances_needs_no_wheels() -> None:
    arm = {"instance_types": ["m7g.xlarge"], "spot": 0}
    assert platforms(ClusterConfig.model_validate({"task": arm})) == {Platform("3.11", "x86_64")}
