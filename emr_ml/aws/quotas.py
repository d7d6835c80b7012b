"""EC2's quotas for running instances, how AWS says that one is exceeded, and how to raise it.

The codes are those of Service Quotas. The texts are those of EC2's errors, and of the page
"EC2 QUOTA EXCEEDED" in EMR's management guide.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """A quota in vCPUs of the instance families that start with A, C, D, H, I, M, R, T and Z.

    Args:
        market: `ON_DEMAND` or `SPOT`.
        code: in Service Quotas.
        name: in Service Quotas.
        pattern: of texts that say that it is exceeded.
    """

    market: str
    code: str
    name: str
    pattern: str

    @property
    def label(self) -> str:
        """A name for a column, such as `spot quota`."""
        return f"{self.market.lower().replace('_', '-')} quota"

    @property
    def fix(self) -> str:
        """What to do if it is too small."""
        return (
            "request more, for example with `aws service-quotas request-service-quota-increase "
            f"--service-code ec2 --quota-code {self.code} --desired-value …`, or make the fleets "
            "smaller"
        )

    @property
    def advice(self) -> str:
        """What is wrong, and what to do, for a message about a cluster that did not start."""
        return (
            f"the account's EC2 quota '{self.name}' ({self.code}) does not allow so many vCPUs: "
            f"wait until other instances have ended; or {self.fix}. `emr-ml doctor` compares the "
            "quota with the cluster"
        )


ON_DEMAND = Quota(
    "ON_DEMAND",
    "L-1216C47A",
    "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    (
        r"(?i)VcpuLimitExceeded|more vCPU capacity than your current vCPU limit|"
        r"InstanceLimitExceeded|your current instance limit|"
        # EMR's own text does not name the market
        r"quota allows for \d+ more running instance|EC2 (instance )?quota"
    ),
)
SPOT = Quota(
    "SPOT",
    "L-34B43A08",
    "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
    r"(?i)MaxSpotInstanceCountExceeded|max spot instance count exceeded",
)
QUOTAS = (ON_DEMAND, SPOT)


def exceeded_quota(text: str) -> Quota | None:
    """Return the quota that a message says is exceeded, or None."""
    # EMR's text around the cause does not name the market, so it is no sign of on demand
    return next((quota for quota in (SPOT, ON_DEMAND) if re.search(quota.pattern, text)), None)
