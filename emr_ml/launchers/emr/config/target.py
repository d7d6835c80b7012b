"""Where the nodes of a cluster work."""

from dataclasses import dataclass

import boto3
from botocore.config import Config

from emr_ml.launchers.emr.config.cluster_sources import ClusterConfigError
from emr_ml.launchers.emr.config.region import region_name


@dataclass(frozen=True)
class Target:
    """The lake that nodes must reach, in a region, and at an endpoint if it is not AWS's own."""

    lake: str
    region: str
    endpoint: str | None = None


def find_target(lake: str) -> Target:
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
    return Target(lake, region, None if found == usual else found)
