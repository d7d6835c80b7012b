"""Where remote jobs reach the lake."""

from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import InvalidEndpointConfigurationError

from emr_ml.aws.region import region_name
from emr_ml.launchers.remote.target import TargetConfigError


@dataclass(frozen=True)
class Endpoint:
    """Where jobs reach the lake.

    Args:
        lake: root of the lake, `s3://bucket/prefix`.
        region: AWS region.
        url: URL of S3 if it is not AWS's own.
    """

    lake: str
    region: str
    url: str | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables with which a job reaches AWS, without credentials."""
        variables = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return variables | ({"AWS_ENDPOINT_URL": self.url} if self.url else {})

    @property
    def spark_conf(self) -> dict[str, str]:
        """Spark's properties for a store other than AWS's own; empty for that."""
        if not self.url:
            return {}
        return {
            "spark.hadoop.fs.s3a.endpoint": self.url,
            "spark.hadoop.fs.s3a.endpoint.region": self.region,
            "spark.hadoop.fs.s3a.path.style.access": "true",
        }


def find_endpoint(lake: str) -> Endpoint:
    """Return the region and endpoint that this process uses, without calling AWS.

    Raises:
        TargetConfigError: no region is set.
        BotoCoreError: the profile or the endpoint that is set can't be used.
    """
    region = region_name()
    if not region:
        raise TargetConfigError("no AWS region is set: set AWS_REGION, as in AWS_REGION=eu-west-1")
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
