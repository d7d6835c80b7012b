"""`emr-ml down`, step by step: who is still on the stack, its end, and what is left."""

import uuid
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

import boto3

from emr_ml.launchers.emr.spending.live import LiveCluster
from emr_ml.stack.bucket import is_there, remove_with_all
from emr_ml.stack.errors import StackError
from emr_ml.stack.groups import revoke_all_rules
from emr_ml.stack.outputs import describe, outputs_of, parameters_of
from emr_ml.stack.place import Place
from emr_ml.stack.progress import Event, Progress
from emr_ml.stack.users import clusters_on

KEY_DAYS = 30  # the longest that KMS waits, in which the key can be had back


@dataclass(frozen=True)
class Standing:
    """A stack before it is removed, with the clusters that run on it."""

    stack_id: str
    bucket: str
    outputs: Mapping[str, str]
    clusters: tuple[LiveCluster, ...]


def look(place: Place) -> Standing | None:
    """The stack as it stands; None if there is none.

    Raises:
        StackError: it is being changed.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    described = describe(place.cfn, place.stack)
    if described is None:
        return None
    if described["StackStatus"].endswith("IN_PROGRESS"):
        raise StackError(
            f"stack {place.stack} is {described['StackStatus']}: wait until that is over"
        )
    outputs = outputs_of(described)
    role = outputs.get("ServiceRole")
    clusters = tuple(clusters_on(place.emr, role)) if role else ()
    return Standing(
        described["StackId"], parameters_of(described).get("Bucket", ""), outputs, clusters
    )


def remove(place: Place, standing: Standing) -> Generator[Event]:
    """Each event of the removal, as it comes.

    Raises:
        StackError: something can't be removed; the rest is gone.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    revoke_all_rules(place.ec2, standing.outputs)
    progress = Progress(place.cfn, standing.stack_id, place.poll_seconds)
    place.cfn.ask("delete_stack", StackName=standing.stack_id, ClientRequestToken=uuid.uuid4().hex)
    try:
        yield from progress.follow()
    except StackError as error:
        raise StackError(f"{error}\nmend that, then run `emr-ml down` again") from error


def remove_data(place: Place, standing: Standing) -> Iterator[str]:
    """Remove the bucket with all versions of all data; a line for each thing that was done.

    Raises:
        StackError: some of it can't be removed.
        ClientError, BotoCoreError: AWS refuses, or does not answer.
    """
    removed = remove_with_all(place.s3, standing.bucket)
    yield f"removed bucket {standing.bucket} and {removed} versions of objects"
    if key := standing.outputs.get("Key"):
        kms = boto3.client("kms", region_name=place.region)
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=KEY_DAYS)
        yield f"key {key} goes in {KEY_DAYS} days; until then it can be had back"


def left(place: Place, standing: Standing) -> Iterator[str]:
    """What is still there and may cost money.

    Raises:
        StackError, ClientError, BotoCoreError: AWS does not tell.
    """
    if standing.bucket and is_there(place.s3, standing.bucket):
        yield f"bucket {standing.bucket} with all data; the next `emr-ml up` takes it over"
        if key := standing.outputs.get("Key"):
            yield f"key {key}, without which the bucket can't be read; 1 USD a month"
