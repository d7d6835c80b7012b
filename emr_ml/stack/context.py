"""Which stack, in which region, and the AWS clients that `emr-ml up` and `emr-ml down` use."""

import logging
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import UnknownRegionError

from emr_ml.aws import time_limits
from emr_ml.aws.client import Api
from emr_ml.aws.region import region_name
from emr_ml.settings import Settings, region_of_stack
from emr_ml.stack import StackError

LOG = logging.getLogger("emr_ml")
DEFAULT_STACK = "emr-ml"
# in other partitions, such as China, services and endpoints have other names than in the template
PARTITIONS = ("aws", "aws-us-gov")


@dataclass(frozen=True)
class StackContext:
    """A stack's name and region, clients for both, and the seconds between two polls."""

    stack: str
    region: str
    cfn: Api
    emr: Api
    ec2: Api
    iam: Api
    kms: Api
    s3: Any
    poll_seconds: float

    def account(self) -> str:
        """Return the number of the AWS account.

        Raises:
            ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
        """
        return Api("sts", time_limits.STACK, LOG, self.region).ask("get_caller_identity")["Account"]


def find_stack_context(settings: Settings, stack: str | None) -> StackContext:
    """Return the context of the named stack, else of the configured one, else of the default.

    Args:
        stack: a name or an ARN, which wins over the settings.

    Raises:
        StackError: no region is set, or the template does not support it.
    """
    name_or_arn = stack or settings.stack or DEFAULT_STACK
    # an ARN names the region; the configured region may have another stack of the same name
    region = region_of_stack(name_or_arn) or region_name()
    if region is None:
        raise StackError("no AWS region is set: set AWS_REGION, as in AWS_REGION=eu-west-1")
    _check_partition(region)
    return StackContext(
        # arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
        stack=name_or_arn.split("/")[1] if name_or_arn.startswith("arn:") else name_or_arn,
        region=region,
        cfn=Api("cloudformation", time_limits.STACK, LOG, region),
        emr=Api("emr", time_limits.STACK, LOG, region),
        ec2=Api("ec2", time_limits.STACK, LOG, region),
        iam=Api("iam", time_limits.STACK, LOG, region),
        kms=Api("kms", time_limits.STACK, LOG, region),
        s3=boto3.client("s3", region_name=region, config=Config(retries={"mode": "standard"})),
        poll_seconds=settings.fast_poll_seconds,
    )


def _check_partition(region: str) -> None:
    try:
        partition = boto3.Session().get_partition_for_region(region)
    except UnknownRegionError:
        return  # boto3 may be older than the region; AWS rejects one that does not exist
    if partition not in PARTITIONS:
        raise StackError(
            f"the stack does not support {region}, because services of {partition} have other "
            "names: use a region of aws or aws-us-gov, or create the resources yourself, see "
            "docs/terraform.md"
        )
