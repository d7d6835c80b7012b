"""The AWS region of this process."""

import os

import boto3


def region_name() -> str | None:
    """Return `AWS_REGION`, which boto3 ignores, else the region that boto3 finds, or None."""
    return os.environ.get("AWS_REGION") or boto3.Session().region_name
