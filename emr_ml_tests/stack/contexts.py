"""Contexts of stacks in tests: buckets, keys, and a CloudFormation of one stack."""

from typing import Any

from botocore.exceptions import ClientError

from emr_ml.stack.context import StackContext
from emr_ml.stack.deployment import apply_change_set, plan_deployment
from emr_ml_tests.stack.cloudformation import CloudFormation

BUCKET = "emr-ml-mine"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/mine"


class Buckets:
    """S3 with the existing buckets; those of others are `foreign`.

    `keys` are those that buckets are encrypted with.
    """

    def __init__(
        self, *existing: str, foreign: tuple[str, ...] = (), keys: dict[str, str] | None = None
    ) -> None:
        self.existing, self.foreign, self.keys = list(existing), foreign, keys or {}

    def head_bucket(self, Bucket: str) -> None:  # noqa: N803 - boto3's name
        if Bucket in self.foreign:
            raise ClientError({"Error": {"Code": "403"}}, "HeadBucket")
        if Bucket not in self.existing:
            raise ClientError({"Error": {"Code": "404"}}, "HeadBucket")

    def delete_bucket(self, Bucket: str) -> None:  # noqa: N803 - boto3's name
        self.head_bucket(Bucket)
        self.existing.remove(Bucket)

    def get_bucket_encryption(self, Bucket: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.head_bucket(Bucket)
        default = {"SSEAlgorithm": "AES256"}
        if key := self.keys.get(Bucket):
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = [{"ApplyServerSideEncryptionByDefault": default}]
        return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


class Keys:
    """KMS with one key of the customer's, and one of AWS's own."""

    def ask(self, operation: str, KeyId: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert operation == "describe_key"
        if "aws/s3" in KeyId:
            return {"KeyMetadata": {"Arn": f"{KEY}-of-aws", "KeyManager": "AWS"}}
        assert KeyId in (KEY, KEY.partition("/")[2], "alias/mine")
        return {"KeyMetadata": {"Arn": KEY, "KeyManager": "CUSTOMER"}}


def stack_context(cfn: CloudFormation, s3: Buckets | None = None) -> StackContext:
    given: Any = cfn
    kms: Any = Keys()
    return StackContext(
        "emr-ml", "eu-west-1", given, given, given, given, kms, s3 or Buckets(), 0.0
    )


def deployed(cfn: CloudFormation, s3: Buckets | None = None, **given: str) -> list[str]:
    """The lines that a deployment shows."""
    context = stack_context(cfn, s3)
    changes = plan_deployment(context, {"Bucket": BUCKET, **given})
    assert changes
    return [event.line for event in apply_change_set(context, changes)]


def parameters(cfn: CloudFormation) -> list[dict[str, Any]]:
    return cfn.parameters_of("create_change_set")[-1]["Parameters"]
