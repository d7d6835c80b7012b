"""The bucket of a stack: find it, check its key, and delete it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, error_code
from emr_ml.stack import StackError
from emr_ml.stack.context import StackContext

MISSING = ("404", "NoSuchBucket")
NO_KEY = ("ServerSideEncryptionConfigurationNotFoundError", "NoSuchBucket")
# parameters that the template applies only to a bucket that it creates
OWN_BUCKET_OPTIONS = {"LogDays": "--log-days", "OldVersionDays": "--old-version-days"}


@dataclass(frozen=True)
class StackBucket:
    """The bucket that a stack has or will have.

    Args:
        is_current: the deployed stack has this bucket already.
        is_adopted: the bucket existed before the stack, so the template does not create it.
    """

    name: str
    is_current: bool
    is_adopted: bool


def find_bucket(
    context: StackContext, parameters: Mapping[str, str], deployed: Mapping[str, str]
) -> StackBucket:
    """Return the bucket in the parameters, else the deployed one, else the default one.

    Args:
        parameters: of the template, as the user set them.
        deployed: the parameters of the deployed stack; empty if there is none.

    Raises:
        StackError: it belongs to another account, or the caller has no access to it.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    name = parameters.get("Bucket") or deployed.get("Bucket")
    if name is None:
        # unique, and the same for each deployment, so that the next stack finds the bucket
        name = f"{context.stack.lower()}-{context.account()}-{context.region}"
    if name == deployed.get("Bucket"):
        return StackBucket(name, is_current=True, is_adopted=deployed.get("MakeBucket") == "no")
    return StackBucket(name, is_current=False, is_adopted=bucket_exists(context.s3, name))


def check_key(
    context: StackContext,
    bucket: StackBucket,
    parameters: Mapping[str, str],
    deployed: Mapping[str, str],
) -> None:
    """Check that the stack's roles may use the key that the bucket is encrypted with.

    Arguments as for `find_bucket`.

    Raises:
        StackError: they may not, so they could not read the bucket.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    deployed_key = deployed.get("KmsKey", "none")
    wanted_key = parameters.get("KmsKey", deployed_key)
    if bucket.is_current and wanted_key == deployed_key:
        return
    if not bucket.is_current and not bucket.is_adopted:
        return
    bucket_key = default_key(context.s3, context.kms, bucket.name)
    if bucket_key not in (None, wanted_key):
        raise StackError(
            f"bucket {bucket.name} is encrypted with {bucket_key}, and with KmsKey {wanted_key} "
            f"the stack's roles could not read it: add --kms-key {bucket_key}"
        )


def ignored_options(
    context: StackContext, bucket: StackBucket, parameters: Mapping[str, str]
) -> Iterator[str]:
    """Yield a line for options that do not apply, because the bucket existed before the stack.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    if not bucket.is_adopted:
        return
    if options := [option for name, option in OWN_BUCKET_OPTIONS.items() if name in parameters]:
        yield (
            f"{' and '.join(options)}: bucket {bucket.name} existed before the stack and keeps "
            "its own rules"
        )
    has_key = parameters.get("KmsKey", "none") != "none"
    if has_key and not default_key(context.s3, context.kms, bucket.name):
        yield (
            f"--kms-key for the bucket: {bucket.name} existed before the stack and keeps its own "
            "encryption; the key encrypts the disks of nodes only"
        )


def default_key(s3: Any, kms: Api, bucket: str) -> str | None:
    """Return the ARN of the customer's key that encrypts new objects of a bucket by default.

    None for keys of S3 and of AWS, which need no rights.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    try:
        encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    except ClientError as error:
        if error_code(error) not in NO_KEY:
            raise
        return None
    defaults = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in encryption["Rules"]]
    key = next((each["KMSMasterKeyID"] for each in defaults if "KMSMasterKeyID" in each), None)
    if key is None:
        return None
    # the key may be given as an id or an alias, and may belong to AWS
    metadata = kms.ask("describe_key", KeyId=key)["KeyMetadata"]
    return None if metadata.get("KeyManager") == "AWS" else metadata["Arn"]


def bucket_exists(s3: Any, bucket: str) -> bool:
    """Return True if the account has that bucket.

    Raises:
        StackError: it belongs to another account, or the caller has no access to it.
        ClientError, BotoCoreError: S3 does not answer.
    """
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error_code(error) in MISSING:
            return False
        if error_code(error) in ("403", "AccessDenied"):
            raise StackError(
                f"bucket {bucket} belongs to another account, or you have no access to it: "
                "name another one with --bucket"
            ) from error
        raise
    return True


def delete_bucket_if_empty(s3: Any, bucket: str) -> None:
    """Delete the bucket of a failed deployment, unless it has objects.

    Raises:
        ClientError, BotoCoreError: S3 refuses, or does not answer.
    """
    try:
        s3.delete_bucket(Bucket=bucket)
    except ClientError as error:
        if error_code(error) not in ("BucketNotEmpty", *MISSING):
            raise


def delete_bucket_with_objects(s3: Any, bucket: str) -> int:
    """Delete the bucket with all versions of all objects, and return the number of versions.

    Raises:
        StackError: some objects can't be deleted.
        ClientError, BotoCoreError: S3 refuses, or does not answer.
    """
    deleted = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not entries:
            continue
        versions = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True})
        if errors := answer.get("Errors"):
            first = errors[0]
            raise StackError(
                f"{len(errors)} objects of {bucket} can't be deleted, the first is "
                f"{first['Key']}: {first.get('Message', first['Code'])}"
            )
        deleted += len(versions)
    s3.delete_bucket(Bucket=bucket)
    return deleted
