"""A stack as CloudFormation describes it, and the events of one operation on it."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, error_code
from emr_ml.stack import StackError

STACK_TYPE = "AWS::CloudFormation::Stack"
# in the reason of a resource that was stopped only because another one failed
CANCELLED = ("cancelled", "canceled")


def describe_stack(cfn: Api, stack: str) -> dict[str, Any] | None:
    """Return an entry of DescribeStacks, or None if there is no such stack.

    Args:
        stack: a name, or an ARN, which also finds a stack that was deleted.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    try:
        return cfn.ask("describe_stacks", StackName=stack)["Stacks"][0]
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", "")
        if error_code(error) == "ValidationError" and "does not exist" in message:
            return None
        raise


def stack_outputs(described: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a stack's outputs by name."""
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}


def stack_parameters(described: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a stack's parameters by name."""
    return {
        each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", ())
    }


def stack_key(parameters: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """Return the ARN of the KMS key of a stack's bucket and disks; empty if it has none.

    The stack created the key, which is then an output, or the user passed it as a parameter.
    """
    parameter = parameters.get("KmsKey", "")
    return outputs.get("Key") or (parameter if parameter.startswith("arn:") else "")


@dataclass(frozen=True)
class Event:
    """Something that happened to one resource of a stack."""

    id: str
    resource: str
    type: str
    state: str
    reason: str

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Event":
        """Return the event in an entry of DescribeStackEvents."""
        return cls(
            entry["EventId"],
            entry.get("LogicalResourceId", ""),
            entry.get("ResourceType", ""),
            entry.get("ResourceStatus", ""),
            entry.get("ResourceStatusReason", ""),
        )

    @property
    def line(self) -> str:
        """The event in one line, with its reason if it is a failure."""
        reason = f": {self.reason}" if self.is_failure else ""
        return f"{self.state:<27} {self.type:<38} {self.resource}{reason}"

    @property
    def is_failure(self) -> bool:
        return self.state.endswith("_FAILED")

    @property
    def is_cause(self) -> bool:
        """False for the stack itself, and for a resource that failed because another one did."""
        was_cancelled = any(word in self.reason for word in CANCELLED)
        return self.type != STACK_TYPE and not was_cancelled


class StackOperation:
    """The events of one operation on a stack.

    Pass its `token` to the call that starts the operation, because its events carry the token.
    Events of earlier operations are ignored, and so is the stack's state until an event of this
    operation confirms it.
    """

    def __init__(self, cfn: Api, stack_id: str, poll_seconds: float) -> None:
        self._cfn, self._stack_id, self._poll_seconds = cfn, stack_id, poll_seconds
        self.token = uuid.uuid4().hex
        #: the stack's state by the operation's last event; empty until the operation has started
        self.state = ""
        self._seen_ids: set[str] = set()
        self._failures: list[Event] = []

    def follow(self, expected_state: str) -> Iterator[Event]:
        """Yield each event when it arrives, until the operation has ended.

        Args:
            expected_state: the state of the stack if the operation succeeds.

        Raises:
            StackError: the stack ended in another state; names the failed resources, and why.
            ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
        """
        while True:
            described = describe_stack(self._cfn, self._stack_id)
            yield from self._new_events()
            state = described["StackStatus"] if described else "DELETE_COMPLETE"
            # events or state may lag behind; a state that lags is the one before the operation
            has_ended = state == self.state and not state.endswith("IN_PROGRESS")
            if has_ended or state == "DELETE_COMPLETE":
                self.state = state
                break
            time.sleep(self._poll_seconds)
        if state != expected_state:
            raise StackError(_failure_message(state, self._failures))

    def _new_events(self) -> Sequence[Event]:
        """Return the operation's events that were not seen before, oldest first."""
        events: list[Event] = []
        pages = self._cfn.pages("describe_stack_events", "StackEvents", StackName=self._stack_id)
        for page in pages:
            own = [Event.of(each) for each in page if each.get("ClientRequestToken") == self.token]
            new = [event for event in own if event.id not in self._seen_ids]
            events += new
            # newest first: once a page has older events, all later pages are older
            if len(new) < len(page):
                break
        events.reverse()
        self._seen_ids.update(event.id for event in events)
        self._failures += [event for event in events if event.is_failure]
        for event in events:
            if event.type == STACK_TYPE:
                self.state = event.state
        return events


def _failure_message(state: str, failures: Sequence[Event]) -> str:
    causes = [event for event in failures if event.is_cause]
    lines = [f"{event.resource} ({event.type}): {event.reason}" for event in causes or failures]
    return "\n".join([f"the stack is {state}", *lines])
