"""Where a stack is: account and region, and the way to AWS there."""

import logging
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import UnknownRegionError

from emr_ml.aws.client import Api
from emr_ml.aws.region import region_name
from emr_ml.settings import Settings, region_of_stack
from emr_ml.stack import StackError

LOG = logging.getLogger("emr_ml")
DEFAULT = "emr-ml"
PATIENCE_SECONDS = 120.0
# elsewhere, such as in China, services and endpoints have other names than in the template
PARTITIONS = ("aws", "aws-us-gov")


@dataclass(frozen=True)
class StackContext:
    """The stack's name and region, clients of what is called there, and how often it is asked."""

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
        """The number of the account.

        Raises:
            ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
        """
        return Api("sts", PATIENCE_SECONDS, LOG, self.region).ask("get_caller_identity")["Account"]


def find_stack_context(settings: Settings, stack: str | None) -> StackContext:
    """The stack that is named, or else set, or else the one of the default name.

    Raises:
        StackError: no region is set, or the template does not fit it.
    """
    named = stack or settings.stack or DEFAULT
    # an ARN tells where the stack is; elsewhere there may be another of its name
    region = region_of_stack(named) or region_name()
    if region is None:
        raise StackError("no AWS region is set: set AWS_REGION, as in AWS_REGION=eu-west-1")
    _check_partition(region)
    return StackContext(
        # arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
        stack=named.split("/")[1] if named.startswith("arn:") else named,
        region=region,
        cfn=Api("cloudformation", PATIENCE_SECONDS, LOG, region),
        emr=Api("emr", PATIENCE_SECONDS, LOG, region),
        ec2=Api("ec2", PATIENCE_SECONDS, LOG, region),
        iam=Api("iam", PATIENCE_SECONDS, LOG, region),
        kms=Api("kms", PATIENCE_SECONDS, LOG, region),
        s3=boto3.client("s3", region_name=region, config=Config(retries={"mode": "standard"})),
        poll_seconds=settings.fast_poll_seconds,
    )


def _check_partition(region: str) -> None:
    try:
        partition = boto3.Session().get_partition_for_region(region)
    except UnknownRegionError:
        return  # AWS tells whether there is such a one
    if partition not in PARTITIONS:
        raise StackError(
            f"the stack does not fit {region}, for services of {partition} have other names: "
            "take a region of aws or aws-us-gov, or make what is needed by your own means, see "
            "docs/terraform.md"
        )
