"""`emr-ml down`, step by step: who is still on the stack, its end, and what is left."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from emr_ml.launchers.emr.api import error_code
from emr_ml.launchers.emr.spending.live import LiveCluster
from emr_ml.stack.bucket import is_there, remove_with_all
from emr_ml.stack.errors import StackError
from emr_ml.stack.groups import revoke_all_rules
from emr_ml.stack.outputs import describe, key_of, outputs_of, parameters_of
from emr_ml.stack.place import Place
from emr_ml.stack.progress import Event, Progress
from emr_ml.stack.users import clusters_on

KEY_DAYS = 30  # the longest that KMS waits, in which the key can be had back
# said of a key that is to go, or has gone
GOING = ("KMSInvalidStateException", "NotFoundException")


@dataclass(frozen=True)
class Standing:
    """A stack before it is removed, or that is gone already, with the clusters that run on it."""

    stack_id: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    clusters: tuple[LiveCluster, ...] = ()
    is_gone: bool = False

    @property
    def bucket(self) -> str:
        return self.parameters.get("Bucket", "")

    @property
    def key(self) -> str:
        """The key that the bucket is encrypted with; empty if it is S3's own."""
        return key_of(self.parameters, self.outputs)


def look(place: Place) -> Standing | None:
    """The stack as it stands; None if there is none.

    Raises:
        StackError: it is being changed.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    described = describe(place.cfn, place.stack)
    if described is None:
        return None
    # in review there is nothing yet but a change set that nobody has carried out
    state = described["StackStatus"]
    if state.endswith("IN_PROGRESS") and state != "REVIEW_IN_PROGRESS":
        raise StackError(f"stack {place.stack} is {state}: wait until that is over")
    outputs = outputs_of(described)
    role = outputs.get("ServiceRole")
    clusters = tuple(clusters_on(place.emr, role)) if role else ()
    return Standing(described["StackId"], parameters_of(described), outputs, clusters)


def look_back(place: Place, bucket: str) -> Standing | None:
    """The last stack of that name that had the bucket, and is gone; None if none is known.

    CloudFormation knows of stacks for 90 days after they are gone.

    Raises:
        StackError: another stack has the bucket now.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    for page in place.cfn.pages("describe_stacks", "Stacks"):
        for each in page:
            if parameters_of(each).get("Bucket") == bucket:
                raise StackError(f"bucket {bucket} is that of stack {each['StackName']}")
    pages = place.cfn.pages("list_stacks", "StackSummaries", StackStatusFilter=["DELETE_COMPLETE"])
    gone = [each for page in pages for each in page if each["StackName"] == place.stack]
    for each in sorted(gone, key=lambda each: each["CreationTime"], reverse=True):
        described = describe(place.cfn, each["StackId"]) or {}
        parameters = parameters_of(described)
        if parameters.get("Bucket") == bucket:
            return Standing(each["StackId"], parameters, outputs_of(described), is_gone=True)
    return None


def remove(place: Place, standing: Standing) -> Generator[Event]:
    """Each event of the removal, as it comes.

    Raises:
        StackError: something can't be removed; the rest is gone.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    revoke_all_rules(place.ec2, standing.outputs)
    progress = Progress(place.cfn, standing.stack_id, place.poll_seconds)
    place.cfn.ask("delete_stack", StackName=standing.stack_id, ClientRequestToken=progress.token)
    try:
        yield from progress.follow("DELETE_COMPLETE")
    except StackError as error:
        raise StackError(f"{error}\nmend that, then run `emr-ml down` again") from error


def remove_data(place: Place, standing: Standing) -> Iterator[str]:
    """Remove the bucket with all versions of all data; a line for each thing that was done.

    What was begun and failed can be begun again.

    Raises:
        StackError: some of it can't be removed.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    if is_there(place.s3, standing.bucket):
        removed = remove_with_all(place.s3, standing.bucket)
        yield f"removed bucket {standing.bucket} and {removed} versions of objects"
    if key := standing.outputs.get("Key"):
        try:
            place.kms.ask("schedule_key_deletion", KeyId=key, PendingWindowInDays=KEY_DAYS)
        except ClientError as error:
            if error_code(error) not in GOING:
                raise
        else:
            yield f"key {key} goes in {KEY_DAYS} days; until then it can be had back"


def left(place: Place, standing: Standing) -> Iterator[str]:
    """What is still there and may cost money.

    Raises:
        StackError, ClientError, BotoCoreError: AWS does not tell.
    """
    if standing.bucket and is_there(place.s3, standing.bucket):
        again = f"emr-ml up --kms-key {standing.key}" if standing.key else "emr-ml up"
        yield f"bucket {standing.bucket} with all data; the next `{again}` takes it over"
        if key := standing.outputs.get("Key"):
            yield f"key {key}, without which the bucket can't be read; 1 USD a month"
