"""What all attempts of a launcher share: lake, cluster configuration, endpoint, polling."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import InvalidEndpointConfigurationError

from emr_ml.aws.region import region_name
from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.logs import Logs
from spark_jobs.runtime.lake import Lake

# seconds between the SIGTERM and the SIGKILL that `timeout` sends to a step past its limit
KILL_AFTER_SECONDS = 60

Listed = TypeVar("Listed")


@dataclass(frozen=True)
class PollingPolicy:
    """How often to poll, and how long to wait; all in seconds.

    Args:
        fast: between two reads of the lake.
        slow: between two requests for EMR's listings of a cluster, by all followers together.
        visibility: how long a new cluster or step may be missing from EMR's listings.
        patience: how long AWS may not answer at all before a run stops following its step.
    """

    fast: float
    slow: float
    visibility: float
    patience: float

    @property
    def cancellation(self) -> float:
        """How long to wait for the end of a step after a request to cancel it."""
        return max(self.slow, 10 * self.fast)

    @property
    def logs(self) -> float:
        """How long to wait for the log of a failed step; EMR copies logs every 5 minutes."""
        return 10 * self.slow

    def wait_until_listed(self, find: Callable[[], Listed | None]) -> Listed | None:
        """Call `find` until it finds something, or return None if EMR never lists it."""
        deadline = time.monotonic() + self.visibility
        while (listed := find()) is None and time.monotonic() <= deadline:
            time.sleep(max(self.fast, self.visibility / 10))
        return listed


@dataclass(frozen=True)
class Endpoint:
    """Where nodes reach the lake.

    Args:
        lake: root of the lake, `s3://bucket/prefix`.
        region: AWS region.
        url: URL of S3 if it is not AWS's own.
    """

    lake: str
    region: str
    url: str | None = None


@dataclass(frozen=True)
class LauncherContext:
    """What attempts need to know.

    Args:
        lake: that has their versions.
        shared: the whole lake, with what pipelines share: clusters, code and logs.
        config: the wanted cluster.
        endpoint: where nodes reach the whole lake.
        polling: how often to poll.
    """

    lake: Lake
    shared: Lake
    config: ClusterConfig
    endpoint: Endpoint
    polling: PollingPolicy

    def asset_path(self, asset: str) -> str:
        """Return the asset's folder in the whole lake, which differs by pipeline."""
        return self.lake.uri(asset).removeprefix(f"{self.shared.root}/")

    @property
    def logs(self) -> Logs:
        return Logs(self.config.log_address(self.shared.root))


def find_endpoint(lake: str) -> Endpoint:
    """Return the region and endpoint that this process uses, without calling AWS.

    Raises:
        ClusterConfigError: no region is set.
        BotoCoreError: the profile or the endpoint that is set can't be used.
    """
    region = region_name()
    if not region:
        raise ClusterConfigError("no AWS region is set: set AWS_REGION, as in AWS_REGION=eu-west-1")
    session = boto3.Session()
    try:
        configured, default = (
            session.client(
                "s3",
                region_name=region,
                config=Config(ignore_configured_endpoint_urls=ignored),  # pyright: ignore[reportCallIssue] - missing in the stubs
            ).meta.endpoint_url
            for ignored in (False, True)
        )
    except ValueError as error:
        # botocore's only error for an endpoint that is not a URL
        raise InvalidEndpointConfigurationError(msg=str(error)) from error
    return Endpoint(lake, region, None if configured == default else configured)
