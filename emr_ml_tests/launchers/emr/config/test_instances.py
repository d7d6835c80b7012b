"""What the name of an instance type tells."""

import pytest

from emr_ml.launchers.emr.config.validation import InstanceSize, instance_size


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
def test_the_size_is_known_from_the_names_that_follow_the_rule(
    instance_type: str, size: InstanceSize | None
) -> None:
    assert instance_size(instance_type) == size
