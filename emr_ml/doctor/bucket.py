"""Checks of how a bucket is set up, which only AWS can answer."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.doctor.aws import api
from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.launchers.emr.access import is_denied, is_unknown_operation
from emr_ml.launchers.emr.api import AWS_ERRORS, Api, error_code
from emr_ml.launchers.emr.config.region import region_name

PARTS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
NOT_SET = ("NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError")


def settings_of_bucket(lake: str, stack: str | None) -> Finding:
    """Nobody else can be let in, objects are encrypted, and what is removed can be had back.

    Args:
        stack: the stack that made the bucket, if one did; then versions must still be kept.
    """
    name = "bucket"
    bucket = lake.removeprefix("s3://").partition("/")[0]
    s3 = api("s3", region_name())
    try:
        public = _asked(s3, "get_public_access_block", bucket)
        encryption = _asked(s3, "get_bucket_encryption", bucket)
        versioning = _asked(s3, "get_bucket_versioning", bucket)
    except AWS_ERRORS as error:
        return good(name, f"{bucket}; its settings could not be asked ({error_code(error)})")
    if open_to := _open(public):
        fix = f"block it, as with `aws s3api put-public-access-block --bucket {bucket} …`"
        return bad(name, f"{bucket} may be made public: {open_to} is off", fix)
    if encryption == {}:
        fix = f"encrypt it, as with `aws s3api put-bucket-encryption --bucket {bucket} …`"
        return bad(name, f"{bucket} does not encrypt what is written to it", fix)
    kept = (versioning or {}).get("Status") == "Enabled"
    if stack and versioning is not None and not kept:
        fix = (
            f"`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration "
            "Status=Enabled`"
        )
        return bad(name, f"{bucket} keeps no versions, though stack {stack} keeps them", fix)
    text = "keeps versions" if kept else "keeps no versions: what is removed is gone"
    return good(name, f"{bucket} is private, encrypted and {text}")


def _asked(s3: Api, operation: str, bucket: str) -> Mapping[str, Any] | None:
    """The answer, empty if it is not set; None if it may not be asked, or not in this store."""
    try:
        return s3.ask(operation, Bucket=bucket)
    except ClientError as error:
        if error_code(error) in NOT_SET:
            return {}
        if is_denied(error) or is_unknown_operation(error):
            return None
        raise


def _open(public: Mapping[str, Any] | None) -> str:
    if public is None:
        return ""
    blocked = public.get("PublicAccessBlockConfiguration", {})
    return ", ".join(part for part in PARTS if not blocked.get(part))
