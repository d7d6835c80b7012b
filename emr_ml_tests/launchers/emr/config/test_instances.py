"""What the name of an instance type tells."""

import pytest

from emr_ml.launchers.emr.config.instances import Size, size_of


@pytest.mark.parametrize(
    ("instance_type", "size"),
    [
        ("m5.large", Size(2, 8)),
        ("m5.xlarge", Size(4, 16)),
        ("m6g.2xlarge", Size(8, 32)),
        ("m7i-flex.xlarge", Size(4, 16)),
        ("c5.large", Size(2, 4)),
        ("c6in.24xlarge", Size(96, 192)),
        ("r5d.4xlarge", Size(16, 128)),
        ("r5.24xlarge", Size(96, 768)),
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
    instance_type: str, size: Size | None
) -> None:
    assert size_of(instance_type) == size
