"""The bucket of a stack, which outlives it."""

from typing import Any

from botocore.exceptions import ClientError

from emr_ml.launchers.emr.api import error_code
from emr_ml.stack.errors import StackError


def bucket_name(stack: str, account: str, region: str) -> str:
    """The name that only this stack of this account has, so that it finds its bucket again."""
    return f"{stack.lower()}-{account}-{region}"


def is_there(s3: Any, bucket: str) -> bool:
    """Whether the account has that bucket.

    Raises:
        StackError: it belongs to somebody else, or may not be looked at.
        ClientError, BotoCoreError: S3 does not answer.
    """
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error_code(error) in ("404", "NoSuchBucket"):
            return False
        if error_code(error) in ("403", "AccessDenied"):
            raise StackError(
                f"bucket {bucket} belongs to another account, or you may not look at it: "
                "name another with --bucket"
            ) from error
        raise
    return True


def remove_if_empty(s3: Any, bucket: str) -> bool:
    """Remove what a deployment left that failed; a bucket with anything in it stays."""
    try:
        s3.delete_bucket(Bucket=bucket)
    except ClientError as error:
        if error_code(error) not in ("BucketNotEmpty", "404", "NoSuchBucket"):
            raise
        return False
    return True


def remove_with_all(s3: Any, bucket: str) -> int:
    """Remove the bucket with all versions of all that is in it; how many these were.

    Raises:
        StackError: some can't be removed.
        ClientError, BotoCoreError: S3 refuses, or does not answer.
    """
    removed = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not entries:
            continue
        chosen = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": chosen, "Quiet": True})
        if errors := answer.get("Errors"):
            first = errors[0]
            raise StackError(
                f"{len(errors)} objects of {bucket} can't be removed, the first being "
                f"{first['Key']}: {first.get('Message', first['Code'])}"
            )
        removed += len(chosen)
    s3.delete_bucket(Bucket=bucket)
    return removed
