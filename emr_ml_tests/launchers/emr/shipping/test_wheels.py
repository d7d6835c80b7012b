"""Which wheels which nodes need."""

import pytest

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.shipping.wheels import Platform, pins_for, platforms

REQUIREMENTS = b"""\
# pinned
fast==1.0 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
fast==2.0 ; python_full_version >= '3.12' \\
    --hash=sha256:cc
slow==3.0 \\
    --hash=sha256:dd
only_arm==4.0 ; platform_machine == 'aarch64' \\
    --hash=sha256:ee
windows==5.0 ; sys_platform == 'win32' \\
    --hash=sha256:ff
"""
FAST_1 = "fast==1.0 --hash=sha256:aa --hash=sha256:bb"
FAST_2 = "fast==2.0 --hash=sha256:cc"
SLOW = "slow==3.0 --hash=sha256:dd"
ONLY_ARM = "only_arm==4.0 --hash=sha256:ee"


@pytest.mark.parametrize(
    ("python", "arch", "pins"),
    [
        ("3.11", "x86_64", [FAST_1, SLOW]),
        ("3.12", "x86_64", [FAST_2, SLOW]),
        ("3.13", "aarch64", [FAST_2, SLOW, ONLY_ARM]),
    ],
)
def test_requirements_are_chosen_for_the_nodes_and_not_for_this_machine(
    python: str, arch: str, pins: list[str]
) -> None:
    assert list(pins_for(REQUIREMENTS, Platform(python, arch))) == pins


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
