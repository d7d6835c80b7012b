"""What the name of an EC2 instance type tells."""

import re
from dataclasses import dataclass

GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}
NAMED = re.compile(r"(?P<family>[cmr])(?P<generation>\d+)[a-z-]*\.(?P<times>\d*)x?large")


@dataclass(frozen=True)
class Size:
    """What an instance has; `memory` is in GiB."""

    vcpu: int
    memory: int


def size_of(instance_type: str) -> Size | None:
    """The size by AWS's rule for families c, m and r; None where the rule doesn't hold.

    `large` has 2 vCPU, `xlarge` 4, and `<n>xlarge` n times as many. A few types have more memory.
    """
    found = NAMED.fullmatch(instance_type)
    # generations before the fifth go by another rule
    if not found or int(found["generation"]) < 5:
        return None
    vcpu = 4 * int(found["times"] or 1) if ".large" not in instance_type else 2
    return Size(vcpu, vcpu * GIB_PER_VCPU[found["family"]])
