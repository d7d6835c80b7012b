"""Pinned packages are chosen for the Python and the processor of nodes."""

import pytest

from emr_ml.launchers.remote.wheels import Platform, pins_for

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
