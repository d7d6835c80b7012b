"""`emr-ml down`, step by step: clusters still on the stack, its removal, and what is left."""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, error_code
from emr_ml.launchers.emr.cluster_state import CLUSTER_ENDED, describe_cluster
from emr_ml.launchers.emr.cost.live_clusters import LiveCluster, live_clusters
from emr_ml.stack import StackError
from emr_ml.stack.bucket import is_there, remove_with_all
from emr_ml.stack.context import StackContext
from emr_ml.stack.outputs import describe_stack, key_of, outputs_of, parameters_of
from emr_ml.stack.progress import Event, Progress

GROUPS = ("PrimarySecurityGroup", "CoreSecurityGroup", "ServiceAccessSecurityGroup")


def revoke_all_rules(ec2: Api, outputs: Mapping[str, str]) -> None:
    """Take all rules from the groups in a stack's outputs.

    EMR adds rules of its own, by which the groups refer to each other. CloudFormation knows nothing
    of these, and a group that another refers to can't be removed.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    ids = [outputs[name] for name in GROUPS if name in outputs]
    if not ids:
        return
    # a filter, not GroupIds: a removal that failed may have left only some of them
    wanted = [{"Name": "group-id", "Values": ids}]
    for page in ec2.pages("describe_security_groups", "SecurityGroups", Filters=wanted):
        for group in page:
            for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
                if rules := group.get(key):
                    ec2.ask(
                        f"revoke_security_group_{direction}",
                        GroupId=group["GroupId"],
                        IpPermissions=rules,
                    )


def clusters_on(emr: Api, service_role: str) -> list[LiveCluster]:
    """The live clusters that have the stack's role.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR does not tell.
    """
    return [
        cluster
        for cluster in live_clusters(emr)
        if _role(emr, cluster.id).rpartition("/")[2] == service_role
    ]


def end_all(emr: Api, clusters: Sequence[LiveCluster], poll_seconds: float) -> None:
    """End them with all their steps, and wait until their nodes are gone.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR refuses, or does not answer.
    """
    for cluster in clusters:
        emr.ask("terminate_job_flows", JobFlowIds=[cluster.id])
    for cluster in clusters:
        while describe_cluster(emr, cluster.id).state not in CLUSTER_ENDED:
            time.sleep(poll_seconds)


def _role(emr: Api, cluster_id: str) -> str:
    return emr.ask("describe_cluster", ClusterId=cluster_id)["Cluster"].get("ServiceRole", "")


KEY_DAYS = 30  # the longest that KMS waits, in which the key can be had back
# said of a key that is to go, or has gone
GOING = ("KMSInvalidStateException", "NotFoundException")


@dataclass(frozen=True)
class StackState:
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


def read_stack(place: StackContext) -> StackState | None:
    """The stack as it stands; None if there is none.

    Raises:
        StackError: it is being changed.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    described = describe_stack(place.cfn, place.stack)
    if described is None:
        return None
    # in review there is nothing yet but a change set that nobody has carried out
    state = described["StackStatus"]
    if state.endswith("IN_PROGRESS") and state != "REVIEW_IN_PROGRESS":
        raise StackError(f"stack {place.stack} is {state}: wait until that is over")
    outputs = outputs_of(described)
    role = outputs.get("ServiceRole")
    clusters = tuple(clusters_on(place.emr, role)) if role else ()
    return StackState(described["StackId"], parameters_of(described), outputs, clusters)


def read_removed_stack(place: StackContext, bucket: str) -> StackState | None:
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
        described = describe_stack(place.cfn, each["StackId"]) or {}
        parameters = parameters_of(described)
        if parameters.get("Bucket") == bucket:
            return StackState(each["StackId"], parameters, outputs_of(described), is_gone=True)
    return None


def remove(place: StackContext, standing: StackState) -> Generator[Event]:
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


def remove_data(place: StackContext, standing: StackState) -> Iterator[str]:
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


def left(place: StackContext, standing: StackState) -> Iterator[str]:
    """What is still there and may cost money.

    Raises:
        StackError, ClientError, BotoCoreError: AWS does not tell.
    """
    if standing.bucket and is_there(place.s3, standing.bucket):
        again = f"emr-ml up --kms-key {standing.key}" if standing.key else "emr-ml up"
        yield f"bucket {standing.bucket} with all data; the next `{again}` takes it over"
        if key := standing.outputs.get("Key"):
            yield f"key {key}, without which the bucket can't be read; 1 USD a month"
