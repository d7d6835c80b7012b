"""What a deployment would change, known before anything is."""

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api
from emr_ml.stack import StackError
from emr_ml.stack.outputs import describe_stack
from emr_ml.stack.template import rendered

TAGS = [{"Key": "project", "Value": "emr-ml"}]
NOTHING_NEW = ("didn't contain changes", "No updates are to be performed")
PREPARING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
# a stack that was never there: nothing but a change set that nobody took, or what was rolled back
NEVER_UP = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
READY = (
    *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
    *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
)
VERBS = {"Add": "make", "Modify": "change", "Remove": "remove", "Import": "take over"}


@dataclass(frozen=True)
class Change:
    """What happens to one resource; `replaced` if it is made anew."""

    verb: str
    kind: str
    resource: str
    replaced: bool

    @property
    def line(self) -> str:
        """The change in one line."""
        verb = "replace" if self.replaced else self.verb
        return f"{verb:<9} {self.kind:<38} {self.resource}"


@dataclass(frozen=True)
class ChangeSet:
    """Changes that CloudFormation has worked out, and that wait to be carried out."""

    id: str
    stack_id: str
    is_new: bool
    changes: tuple[Change, ...]


def prepare(
    cfn: Api, stack: str, given: Mapping[str, str], poll_seconds: float
) -> ChangeSet | None:
    """Work out what a deployment would change; None if it would change nothing.

    Args:
        given: parameters of the template; the others stay as they are, or as by default.

    Raises:
        StackError: CloudFormation can't or does not want to.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    described: dict[str, Any] = describe_stack(cfn, stack) or {}
    state: str = described.get("StackStatus", "")
    if state == "ROLLBACK_COMPLETE":
        _forget(cfn, described["StackId"], poll_seconds)
    elif state and state not in (*NEVER_UP, *READY):
        raise StackError(f"stack {stack} is {state}: {_advice(state)}")
    is_new = not state or state in NEVER_UP
    name = f"emr-ml-{uuid.uuid4().hex}"
    request: dict[str, Any] = {
        "StackName": stack,
        "ChangeSetName": name,
        "ChangeSetType": "CREATE" if is_new else "UPDATE",
        "TemplateBody": rendered(),
        "Parameters": _parameters(given, {} if is_new else described),
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": TAGS,
        "ClientToken": name,
    }
    if is_new:
        request["OnStackFailure"] = "DELETE"
    try:
        made = cfn.ask("create_change_set", **request)
    except ClientError as error:
        if any(words in str(error) for words in NOTHING_NEW):
            return None
        raise
    return _worked_out(cfn, made["Id"], made["StackId"], is_new, poll_seconds)


def discard(cfn: Api, change_set: ChangeSet) -> None:
    """Leave everything as it was."""
    cfn.ask("delete_change_set", ChangeSetName=change_set.id)
    if change_set.is_new:
        # a stack that has nothing but a change set would stay in the list for ever
        cfn.ask("delete_stack", StackName=change_set.stack_id)


def _parameters(given: Mapping[str, str], described: Mapping[str, Any]) -> list[dict[str, Any]]:
    before = {each["ParameterKey"] for each in described.get("Parameters", ())}
    return [
        *({"ParameterKey": key, "ParameterValue": value} for key, value in given.items()),
        *({"ParameterKey": key, "UsePreviousValue": True} for key in sorted(before - given.keys())),
    ]


def _worked_out(
    cfn: Api, change_set_id: str, stack_id: str, is_new: bool, poll_seconds: float
) -> ChangeSet | None:
    while True:
        said = cfn.ask("describe_change_set", ChangeSetName=change_set_id)
        if said["Status"] not in PREPARING:
            break
        time.sleep(poll_seconds)
    changes = tuple(_changes(cfn, change_set_id))
    found = ChangeSet(change_set_id, stack_id, is_new, changes)
    if said["Status"] != "FAILED":
        return found
    discard(cfn, found)
    reason = said.get("StatusReason", "CloudFormation gives no reason")
    if any(words in reason for words in NOTHING_NEW):
        return None
    raise StackError(f"CloudFormation can't work out the changes: {reason}")


def _changes(cfn: Api, change_set_id: str) -> Iterator[Change]:
    for page in cfn.pages("describe_change_set", "Changes", ChangeSetName=change_set_id):
        for entry in page:
            said: dict[str, str] = entry["ResourceChange"]
            yield Change(
                VERBS.get(said["Action"], said["Action"]),
                kind=said["ResourceType"],
                resource=said["LogicalResourceId"],
                replaced=said.get("Replacement") == "True",
            )


def _forget(cfn: Api, stack_id: str, poll_seconds: float) -> None:
    """Remove what is left of a stack that never came up: its name, and as a rule no resource."""
    cfn.ask("delete_stack", StackName=stack_id)
    while (described := describe_stack(cfn, stack_id)) and described[
        "StackStatus"
    ] != "DELETE_COMPLETE":
        if described["StackStatus"] == "DELETE_FAILED":
            raise StackError(
                f"what is left of stack {stack_id}, which never came up, can't be removed: its "
                "events tell what is in the way; then run `emr-ml down`, and this again"
            )
        time.sleep(poll_seconds)


def _advice(state: str) -> str:
    if state.endswith("IN_PROGRESS"):
        return "somebody is changing it; wait until that is over"
    if state == "UPDATE_ROLLBACK_FAILED":
        return "let `aws cloudformation continue-update-rollback` bring it back first"
    return "remove it with `emr-ml down` first; the bucket stays"
