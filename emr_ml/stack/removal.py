"""`emr-ml down`: delete the stack and, if the user asks for it, its data."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, error_code
from emr_ml.stack import StackError
from emr_ml.stack.bucket import bucket_exists, delete_bucket_with_objects
from emr_ml.stack.cloudformation import (
    Event,
    StackOperation,
    describe_stack,
    stack_key,
    stack_outputs,
    stack_parameters,
)
from emr_ml.stack.context import StackContext

SECURITY_GROUPS = ("PrimarySecurityGroup", "CoreSecurityGroup", "ServiceAccessSecurityGroup")
KEY_DELETION_DAYS = 30  # the longest waiting time of KMS, in which the deletion can be cancelled
# errors for a key whose deletion is scheduled already, or that is deleted
KEY_DELETED = ("KMSInvalidStateException", "NotFoundException")


@dataclass(frozen=True)
class StackSummary:
    """What CloudFormation knows of a stack; for 90 days also of a deleted one."""

    stack_id: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    is_deleted: bool = False

    @property
    def bucket(self) -> str:
        return self.parameters.get("Bucket", "")

    @property
    def service_role(self) -> str:
        """The name of the role that EMR has on its clusters; empty if the stack has none."""
        return self.outputs.get("ServiceRole", "")

    @property
    def key(self) -> str:
        """The ARN of the KMS key of the bucket; empty if it is encrypted by S3's own key."""
        return stack_key(self.parameters, self.outputs)


def find_stack(context: StackContext) -> StackSummary | None:
    """Return the existing stack, or None if there is none.

    Raises:
        StackError: another operation is in progress.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    described = describe_stack(context.cfn, context.stack)
    if described is None:
        return None
    state = described["StackStatus"]
    # in review there is only a change set that nobody has applied
    if state.endswith("IN_PROGRESS") and state != "REVIEW_IN_PROGRESS":
        raise StackError(
            f"stack {context.stack} is {state}: wait until the operation has ended, then run "
            "`emr-ml down` again"
        )
    return StackSummary(described["StackId"], stack_parameters(described), stack_outputs(described))


def find_deleted_stack(context: StackContext, bucket: str) -> StackSummary | None:
    """Return the last deleted stack of that name that had the bucket, or None.

    CloudFormation lists deleted stacks for 90 days.

    Raises:
        StackError: an existing stack has the bucket.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    for page in context.cfn.pages("describe_stacks", "Stacks"):
        for described in page:
            if stack_parameters(described).get("Bucket") == bucket:
                raise StackError(
                    f"bucket {bucket} belongs to stack {described['StackName']}: name that with "
                    "--stack"
                )
    pages = context.cfn.pages(
        "list_stacks", "StackSummaries", StackStatusFilter=["DELETE_COMPLETE"]
    )
    deleted = [entry for page in pages for entry in page if entry["StackName"] == context.stack]
    for entry in sorted(deleted, key=lambda entry: entry["CreationTime"], reverse=True):
        described = describe_stack(context.cfn, entry["StackId"]) or {}
        parameters = stack_parameters(described)
        if parameters.get("Bucket") == bucket:
            outputs = stack_outputs(described)
            return StackSummary(entry["StackId"], parameters, outputs, is_deleted=True)
    return None


def delete_stack(context: StackContext, stack: StackSummary) -> Generator[Event]:
    """Delete the stack, and yield each event when it arrives.

    Raises:
        StackError: some resources can't be deleted; the others are.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    _revoke_all_rules(context.ec2, stack.outputs)
    operation = StackOperation(context.cfn, stack.stack_id, context.poll_seconds)
    context.cfn.ask("delete_stack", StackName=stack.stack_id, ClientRequestToken=operation.token)
    try:
        yield from operation.follow("DELETE_COMPLETE")
    except StackError as error:
        raise StackError(f"{error}\nfix that, then run `emr-ml down` again") from error


def delete_bucket_and_key(context: StackContext, stack: StackSummary) -> Iterator[str]:
    """Delete the bucket with all versions of all objects, and the key that the stack created.

    Yields a line for each. A deletion that failed half-way can be repeated.

    Raises:
        StackError: some objects can't be deleted.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    if bucket_exists(context.s3, stack.bucket):
        deleted = delete_bucket_with_objects(context.s3, stack.bucket)
        yield f"deleted bucket {stack.bucket} and {deleted} versions of objects"
    if key := stack.outputs.get("Key"):
        try:
            context.kms.ask(
                "schedule_key_deletion", KeyId=key, PendingWindowInDays=KEY_DELETION_DAYS
            )
        except ClientError as error:
            if error_code(error) not in KEY_DELETED:
                raise
        else:
            yield f"key {key} is deleted in {KEY_DELETION_DAYS} days; until then that can be undone"


def remaining_resources(context: StackContext, stack: StackSummary) -> Iterator[str]:
    """Yield a line for each thing that still exists after the stack, and may cost money.

    Raises:
        StackError, ClientError, BotoCoreError: AWS refuses, or does not answer.
    """
    if not stack.bucket or not bucket_exists(context.s3, stack.bucket):
        return
    command = f"emr-ml up --kms-key {stack.key}" if stack.key else "emr-ml up"
    yield f"bucket {stack.bucket} with all data; the next `{command}` uses it again"
    if key := stack.outputs.get("Key"):
        yield f"key {key}, which is needed to read the bucket; 1 USD a month"


def _revoke_all_rules(ec2: Api, outputs: Mapping[str, str]) -> None:
    """Remove all rules of the stack's security groups.

    EMR adds rules that refer to the other groups. CloudFormation does not know them, and can't
    delete a group while another one refers to it.
    """
    ids = [outputs[name] for name in SECURITY_GROUPS if name in outputs]
    if not ids:
        return
    # GroupIds would fail for a group that an earlier removal has deleted
    filters = [{"Name": "group-id", "Values": ids}]
    for page in ec2.pages("describe_security_groups", "SecurityGroups", Filters=filters):
        for group in page:
            for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
                if rules := group.get(key):
                    ec2.ask(
                        f"revoke_security_group_{direction}",
                        GroupId=group["GroupId"],
                        IpPermissions=rules,
                    )
