"""The region that AWS is asked in."""

import os

import boto3


def region_name() -> str | None:
    """`AWS_REGION`, which boto3 passes over, or else what boto3 finds; None if there is none."""
    return os.environ.get("AWS_REGION") or boto3.Session().region_name
