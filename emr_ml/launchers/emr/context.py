"""What all attempts of a launcher share: lake, cluster configuration, polling policy."""

from dataclasses import dataclass

import boto3
from botocore.config import Config

from emr_ml.aws.region import region_name
from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.logs import Logs
from spark_jobs.runtime.lake import Lake

KILL_AFTER_SECONDS = 60


@dataclass(frozen=True)
class PollingPolicy:
    """All in seconds.

    Args:
        fast: between two looks into the lake.
        slow: between two looks at EMR's own listings of a cluster, by all its followers together.
        visibility: how long a new cluster or step may be missing from EMR's listings.
        patience: how long AWS may give no answer at all before a run gives up following.
    """

    fast: float
    slow: float
    visibility: float
    patience: float

    @property
    def cancellation(self) -> float:
        """How long a step may take to end after it was asked to."""
        return max(self.slow, 10 * self.fast)

    @property
    def logs(self) -> float:
        """How long the log of a failed step is waited for; EMR copies logs every 5 minutes."""
        return 10 * self.slow


@dataclass(frozen=True)
class Endpoint:
    """The lake that nodes must reach, in a region, and at an endpoint if it is not AWS's own."""

    lake: str
    region: str
    endpoint: str | None = None


def find_endpoint(lake: str) -> Endpoint:
    """Region and endpoint as this process has them; nothing is called, no credentials are needed.

    Raises:
        ClusterConfigError: no region is set.
    """
    region = region_name()
    if not region:
        raise ClusterConfigError("no AWS region is set: set AWS_REGION, as in AWS_REGION=eu-west-1")
    session = boto3.Session()
    found, usual = (
        session.client(
            "s3",
            region_name=region,
            config=Config(ignore_configured_endpoint_urls=ignored),  # pyright: ignore[reportCallIssue] - missing in the stubs
        ).meta.endpoint_url
        for ignored in (False, True)
    )
    return Endpoint(lake, region, None if found == usual else found)


@dataclass(frozen=True)
class LauncherContext:
    """The lake, the cluster that is wanted, what its nodes must reach, and the pace."""

    lake: Lake
    config: ClusterConfig
    target: Endpoint
    pace: PollingPolicy

    @property
    def logs(self) -> Logs:
        return Logs(self.config.log_address(self.lake.root))
