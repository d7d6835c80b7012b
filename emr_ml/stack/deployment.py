"""`emr-ml up`: plan the changes, apply them, and finish what a template can't do."""

import time
import uuid
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.settings import Deployment
from emr_ml.stack import StackError
from emr_ml.stack.account import create_linked_roles, grant_key_to_spot, renew_certificate
from emr_ml.stack.bucket import check_key, delete_bucket_if_empty, find_bucket, ignored_options
from emr_ml.stack.cloudformation import (
    Event,
    StackOperation,
    describe_stack,
    stack_key,
    stack_parameters,
)
from emr_ml.stack.context import StackContext
from emr_ml.stack.outputs import has_clusters
from emr_ml.stack.template import render_template
from spark_jobs.runtime.s3 import split_uri

TAGS = [{"Key": "project", "Value": "emr-ml"}]
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
PREPARING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
# no resources: a change set that nobody applied, or a creation that was rolled back
NEVER_DEPLOYED = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
UPDATABLE = (
    *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
    *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
)
VERBS = {"Add": "create", "Modify": "update", "Remove": "delete", "Import": "import"}
# the effect of a failed deployment, by the state of the stack after it
ROLLED_BACK = "all that was created has been deleted again"
FAILURE_EFFECTS = {
    "DELETE_COMPLETE": ROLLED_BACK,
    "ROLLBACK_COMPLETE": ROLLED_BACK,
    "UPDATE_ROLLBACK_COMPLETE": "all changes have been undone",
    "UPDATE_ROLLBACK_FAILED": (
        "not all changes have been undone: fix the cause, then run "
        "`aws cloudformation continue-update-rollback`"
    ),
}
PARTLY_ROLLED_BACK = "some of what was created still exists: `emr-ml down` deletes it"


@dataclass(frozen=True)
class Change:
    """What happens to one resource."""

    verb: str
    type: str
    resource: str
    is_replacement: bool

    @property
    def line(self) -> str:
        """The change in one line."""
        verb = "replace" if self.is_replacement else self.verb
        return f"{verb:<9} {self.type:<38} {self.resource}"


@dataclass(frozen=True)
class ChangeSet:
    """Changes that CloudFormation has prepared but not applied."""

    id: str
    stack_id: str
    is_new_stack: bool
    changes: tuple[Change, ...]


def plan_deployment(
    context: StackContext,
    parameters: Mapping[str, str],
    defaults: Mapping[str, str] = MappingProxyType({}),
) -> ChangeSet | None:
    """Return the changes that a deployment would make, or None if it would make none.

    An existing bucket is adopted.

    Args:
        parameters: of the template, as the user set them. Others keep their deployed values, or
            else have their defaults.
        defaults: of a new stack, where they differ from the template's.

    Raises:
        StackError: the stack can't be deployed.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    deployed = _deployed_parameters(context)
    if not deployed:
        parameters = {**defaults, **parameters}
    _check_network_access({**deployed, **parameters})
    bucket = find_bucket(context, parameters, deployed)
    check_key(context, bucket, parameters, deployed)
    completed = dict(parameters)
    if not bucket.is_current:
        completed["Bucket"] = bucket.name
        completed["MakeBucket"] = "no" if bucket.is_adopted else "yes"
    return _create_change_set(context, completed)


def ignored_parameters(context: StackContext, parameters: Mapping[str, str]) -> list[str]:
    """Return a line for parameters that change nothing, with the reason.

    Raises:
        StackError, ClientError, BotoCoreError, UnansweredError: as `plan_deployment`.
    """
    bucket = find_bucket(context, parameters, _deployed_parameters(context))
    return list(ignored_options(context, bucket, parameters))


def discard_change_set(context: StackContext, change_set: ChangeSet) -> None:
    """Delete a change set instead of applying it.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    context.cfn.ask("delete_change_set", ChangeSetName=change_set.id)
    if change_set.is_new_stack:
        # a stack that has nothing but a change set would stay in the list forever
        context.cfn.ask("delete_stack", StackName=change_set.stack_id)


def apply_change_set(context: StackContext, change_set: ChangeSet) -> Generator[Event]:
    """Apply the changes, and yield each event when it arrives.

    Raises:
        StackError: the deployment failed; says why, and whether it was undone.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    operation = StackOperation(context.cfn, change_set.stack_id, context.poll_seconds)
    context.cfn.ask(
        "execute_change_set", ChangeSetName=change_set.id, ClientRequestToken=operation.token
    )
    verb = "CREATE" if change_set.is_new_stack else "UPDATE"
    try:
        yield from operation.follow(f"{verb}_COMPLETE")
    except StackError as error:
        if change_set.is_new_stack:
            _delete_new_bucket(context, change_set)
        effect = FAILURE_EFFECTS.get(operation.state, PARTLY_ROLLED_BACK)
        raise StackError(f"{error}\n{effect}") from error


def finish_deployment(context: StackContext, outputs: Mapping[str, str]) -> Iterator[str]:
    """Create what the template can't, and yield a line for each thing that was done or exists.

    Args:
        outputs: of the deployed stack.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    for service in create_linked_roles(context.iam, outputs):
        yield f"role         created for {service}, once for the account"
    described = describe_stack(context.cfn, context.stack) or {}
    key = stack_key(stack_parameters(described), outputs)
    if key and has_clusters(outputs):
        yield from grant_key_to_spot(context.kms, key, described["StackId"])
    if address := outputs.get("Certificate"):
        bucket, name = split_uri(address)
        is_new = renew_certificate(context.s3, bucket, name, context.region)
        yield f"certificate  {address} {'was created' if is_new else 'is up to date'}"


def _deployed_parameters(context: StackContext) -> dict[str, str]:
    described = describe_stack(context.cfn, context.stack)
    if described is None or described["StackStatus"] in NEVER_DEPLOYED:
        return {}
    return stack_parameters(described)


def _check_network_access(parameters: Mapping[str, str]) -> None:
    """Check a rule of the template early: CloudFormation does so only when a stack is created."""
    defaults = {"KmsKey": "none", "RuntimeRole": "no"}
    needed = [
        f"{name} {parameters[name]}"
        for name, default in defaults.items()
        if parameters.get(name, default) != default
    ]
    if parameters.get("Deployment") == Deployment.EMR_SERVERLESS:
        return  # there are no nodes
    has_access = "yes" in (parameters.get("Nat"), parameters.get("ApiEndpoints"))
    if needed and not has_access and not parameters.get("Vpc"):
        raise StackError(
            f"with {' and '.join(needed)} nodes call KMS or STS, which they can't reach: "
            "add --nat yes or --api-endpoints yes"
        )


def _create_change_set(context: StackContext, parameters: Mapping[str, str]) -> ChangeSet | None:
    """Return None if nothing would change.

    Raises:
        StackError: the stack can't be changed now, or CloudFormation rejects the changes.
    """
    described: dict[str, Any] = describe_stack(context.cfn, context.stack) or {}
    state: str = described.get("StackStatus", "")
    if state == "ROLLBACK_COMPLETE":
        _delete_failed_stack(context, described["StackId"])
    elif state and state not in (*NEVER_DEPLOYED, *UPDATABLE):
        raise StackError(f"stack {context.stack} is {state}: {_advice(state)}")
    is_new_stack = not state or state in NEVER_DEPLOYED
    name = f"emr-ml-{uuid.uuid4().hex}"
    request: dict[str, Any] = {
        "StackName": context.stack,
        "ChangeSetName": name,
        "ChangeSetType": "CREATE" if is_new_stack else "UPDATE",
        "TemplateBody": render_template(),
        "Parameters": _parameter_entries(parameters, {} if is_new_stack else described),
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": TAGS,
        "ClientToken": name,
    }
    if is_new_stack:
        request["OnStackFailure"] = "DELETE"
    try:
        created = context.cfn.ask("create_change_set", **request)
    except ClientError as error:
        if any(words in str(error) for words in NO_CHANGES):
            return None
        raise
    return _prepared_change_set(context, created["Id"], created["StackId"], is_new_stack)


def _parameter_entries(
    parameters: Mapping[str, str], described: Mapping[str, Any]
) -> list[dict[str, Any]]:
    kept = sorted(stack_parameters(described).keys() - parameters.keys())
    return [
        *({"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()),
        *({"ParameterKey": name, "UsePreviousValue": True} for name in kept),
    ]


def _prepared_change_set(
    context: StackContext, change_set_id: str, stack_id: str, is_new_stack: bool
) -> ChangeSet | None:
    """Wait until CloudFormation has prepared the changes; None if there are none."""
    while True:
        described = context.cfn.ask("describe_change_set", ChangeSetName=change_set_id)
        if described["Status"] not in PREPARING:
            break
        time.sleep(context.poll_seconds)
    changes = tuple(_changes(context, change_set_id))
    change_set = ChangeSet(change_set_id, stack_id, is_new_stack, changes)
    if described["Status"] != "FAILED":
        return change_set
    discard_change_set(context, change_set)
    reason = described.get("StatusReason", "no reason was given")
    if any(words in reason for words in NO_CHANGES):
        return None
    raise StackError(f"CloudFormation can't prepare the changes: {reason}")


def _changes(context: StackContext, change_set_id: str) -> Iterator[Change]:
    pages = context.cfn.pages("describe_change_set", "Changes", ChangeSetName=change_set_id)
    for page in pages:
        for entry in page:
            change: dict[str, str] = entry["ResourceChange"]
            yield Change(
                VERBS.get(change["Action"], change["Action"]),
                type=change["ResourceType"],
                resource=change["LogicalResourceId"],
                is_replacement=change.get("Replacement") == "True",
            )


def _delete_failed_stack(context: StackContext, stack_id: str) -> None:
    """Delete a stack whose creation failed: it holds the name, and usually has no resources."""
    context.cfn.ask("delete_stack", StackName=stack_id)
    while described := describe_stack(context.cfn, stack_id):
        state = described["StackStatus"]
        if state == "DELETE_COMPLETE":
            return
        if state == "DELETE_FAILED":
            raise StackError(
                f"the creation of stack {stack_id} failed, and its resources can't be deleted: "
                "look for the cause in its events, run `emr-ml down`, then `emr-ml up` again"
            )
        time.sleep(context.poll_seconds)


def _advice(state: str) -> str:
    if state.endswith("IN_PROGRESS"):
        return "wait until the other operation has ended"
    if state == "UPDATE_ROLLBACK_FAILED":
        return "run `aws cloudformation continue-update-rollback` first"
    return "delete it with `emr-ml down` first; the bucket is kept"


def _delete_new_bucket(context: StackContext, change_set: ChangeSet) -> None:
    """Delete the bucket that a failed creation left: the template keeps it when a stack goes."""
    created = any(
        change.verb == "create" and change.type == "AWS::S3::Bucket"
        for change in change_set.changes
    )
    described = describe_stack(context.cfn, change_set.stack_id)
    if created and described:
        delete_bucket_if_empty(context.s3, stack_parameters(described)["Bucket"])
