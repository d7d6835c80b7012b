"""What to do about what EMR or a log says."""

import re

# what is said, and what to do about it: the first that fits counts
ADVICE = (
    (
        r"InsufficientFreeAddressesInSubnet|not enough free addresses|free addresses in subnet",
        "the subnet has no free addresses: name a larger one, or several, under `subnets`",
    ),
    (
        r"INSTANCE_FLEET_TIMEOUT|InsufficientInstanceCapacity|[Ss]pot (capacity|instances?)",
        (
            "AWS has no such instances now: name more instance types or subnets, or let the fleet "
            "switch to on demand"
        ),
    ),
    (
        r"is not authorized|AccessDenied|Access Denied|UnauthorizedOperation",
        (
            "a role lacks a right: `emr-ml doctor` checks them; the rights of the launcher are in "
            "infra/launcher_policy.json"
        ),
    ),
    (
        r"InstanceProfile|instance profile|service role|ServiceRole|JobFlowRole|\brole\b",
        (
            "check `service_role`, `instance_profile` and `runtime_role`; `emr-ml doctor` names "
            "the one that is missing"
        ),
    ),
    (
        r"release label|ReleaseLabel",
        "check `release_label`: the region may not have that release",
    ),
    (
        (
            r"OutOfMemoryError|exceeding (physical|virtual)? ?memory limits|exit code 137|"
            r"Java heap space"
        ),
        (
            "out of memory: take larger instances, or set `driver_memory_gb` or "
            "`spark_conf: {spark.executor.memory: …}` in the cluster configuration"
        ),
    ),
    (
        r"No module named '?(numpy|boto3|botocore)",
        (
            "the nodes' Python lacks a package that the bootstrap action should have installed: "
            "see its log on the primary node"
        ),
    ),
    (
        r"No space left on device|disk is full",
        "a disk is full: raise `root_volume_gb`, or take instances with more storage",
    ),
    (
        r"subnet-[0-9a-f]|Ec2Subnet|The subnet|[Ss]ecurity group",
        "check `subnets` and `security_groups`",
    ),
)


def advice(said: str) -> str:
    """What to do, by what EMR or a log says; empty if nothing in it is known."""
    return next((words for pattern, words in ADVICE if re.search(pattern, said)), "")
