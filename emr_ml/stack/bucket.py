"""The bucket of a stack: found, taken over, checked and removed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, error_code
from emr_ml.stack import StackError
from emr_ml.stack.context import StackContext


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


NO_KEY = ("ServerSideEncryptionConfigurationNotFoundError", "NoSuchBucket")
# what the template sets on a bucket that it makes, and on no other
OF_ITS_OWN = {"LogDays": "--log-days", "OldVersionDays": "--old-version-days"}


@dataclass(frozen=True)
class Bucket:
    """The bucket that a stack is to have.

    Args:
        known: the stack has it already.
        taken_over: the stack did not make it, and will not.
    """

    name: str
    known: bool
    taken_over: bool


def find_bucket(place: StackContext, given: Mapping[str, str], before: Mapping[str, str]) -> Bucket:
    """The bucket that is given, or that the stack has, or else the one of its name.

    Raises:
        StackError: it belongs to somebody else, or may not be looked at.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    name = given.get("Bucket") or before.get("Bucket")
    if name is None:
        name = bucket_name(place.stack, place.account(), place.region)
    if name == before.get("Bucket"):
        return Bucket(name, known=True, taken_over=before.get("MakeBucket") == "no")
    return Bucket(name, known=False, taken_over=is_there(place.s3, name))


def check_key(
    place: StackContext, bucket: Bucket, given: Mapping[str, str], before: Mapping[str, str]
) -> None:
    """See to it that the stack's roles may use the key that is on the bucket.

    Raises:
        StackError: they may not, and so could not read what is in it.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    had = before.get("KmsKey", "none")
    wanted = given.get("KmsKey", had)
    nothing_new = wanted == had if bucket.known else not bucket.taken_over
    if nothing_new:
        return
    key = default_key(place.s3, place.kms, bucket.name)
    if key not in (None, wanted):
        raise StackError(
            f"bucket {bucket.name} is encrypted with {key}, and with KmsKey {wanted} the stack's "
            f"roles could not read what is in it: add --kms-key {key}"
        )


def ignored_parameters(
    place: StackContext, bucket: Bucket, given: Mapping[str, str]
) -> Iterator[str]:
    """What of the given parameters comes to nothing, since the bucket stays as it is.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    if not bucket.taken_over:
        return
    if useless := [option for name, option in OF_ITS_OWN.items() if name in given]:
        yield f"{' and '.join(useless)}: bucket {bucket.name} was there and keeps its own rules"
    if given.get("KmsKey", "none") != "none" and not default_key(place.s3, place.kms, bucket.name):
        yield (
            f"--kms-key: it is for the disks of nodes; bucket {bucket.name} was there, and what is "
            "written to it is encrypted as before"
        )


def default_key(s3: Any, kms: Api, bucket: str) -> str | None:
    """The ARN of the customer's key that a bucket is encrypted with by default.

    None for keys of S3 and of AWS, which nobody needs rights on.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    try:
        said = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    except ClientError as error:
        if error_code(error) not in NO_KEY:
            raise
        return None
    defaults = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in said["Rules"]]
    key = next((each["KMSMasterKeyID"] for each in defaults if "KMSMasterKeyID" in each), None)
    if key is None:
        return None
    # it may be an id or an alias, and of AWS's own
    described = kms.ask("describe_key", KeyId=key)["KeyMetadata"]
    return None if described.get("KeyManager") == "AWS" else described["Arn"]
