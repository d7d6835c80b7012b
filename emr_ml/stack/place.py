"""Where a stack is: account and region, and the way to AWS there."""

import logging
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from emr_ml.launchers.emr.api import Api
from emr_ml.launchers.emr.config.region import region_name
from emr_ml.settings import Settings, region_of_stack
from emr_ml.stack.errors import StackError

LOG = logging.getLogger("emr_ml")
DEFAULT = "emr-ml"
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Place:
    """The stack's name and region, clients of what is called there, and how often it is asked."""

    stack: str
    region: str
    cfn: Api
    emr: Api
    ec2: Api
    iam: Api
    s3: Any
    poll_seconds: float

    def account(self) -> str:
        """The number of the account.

        Raises:
            ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
        """
        return Api("sts", PATIENCE_SECONDS, LOG, self.region).ask("get_caller_identity")["Account"]


def find_place(settings: Settings, stack: str | None) -> Place:
    """The stack that is named, or else set, or else the one of the default name.

    Raises:
        StackError: no region is set.
    """
    named = stack or settings.stack or DEFAULT
    # an ARN tells where the stack is; elsewhere there may be another of its name
    region = region_of_stack(named) or region_name()
    if region is None:
        raise StackError("no AWS region is set: set AWS_REGION, as in AWS_REGION=eu-west-1")
    return Place(
        # arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
        stack=named.split("/")[1] if named.startswith("arn:") else named,
        region=region,
        cfn=Api("cloudformation", PATIENCE_SECONDS, LOG, region),
        emr=Api("emr", PATIENCE_SECONDS, LOG, region),
        ec2=Api("ec2", PATIENCE_SECONDS, LOG, region),
        iam=Api("iam", PATIENCE_SECONDS, LOG, region),
        s3=boto3.client("s3", region_name=region, config=Config(retries={"mode": "standard"})),
        poll_seconds=settings.fast_poll_seconds,
    )
