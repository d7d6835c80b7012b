"""What CloudFormation does, as it does it."""

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emr_ml.aws.client import Api
from emr_ml.stack import StackError
from emr_ml.stack.outputs import describe_stack

STACK = "AWS::CloudFormation::Stack"
# said of what was only stopped because something else failed
CANCELLED = ("cancelled", "canceled")


@dataclass(frozen=True)
class Event:
    """Something that happened to one resource."""

    id: str
    resource: str
    kind: str
    state: str
    reason: str

    @classmethod
    def of(cls, said: dict[str, Any]) -> "Event":
        """The event in an entry of DescribeStackEvents."""
        return cls(
            said["EventId"],
            said.get("LogicalResourceId", ""),
            said.get("ResourceType", ""),
            said.get("ResourceStatus", ""),
            said.get("ResourceStatusReason", ""),
        )

    @property
    def line(self) -> str:
        """The event in one line, with its reason if it failed."""
        why = f": {self.reason}" if self.is_failure else ""
        return f"{self.state:<27} {self.kind:<38} {self.resource}{why}"

    @property
    def is_failure(self) -> bool:
        return self.state.endswith("_FAILED")


class Progress:
    """The events of one operation on a stack.

    Give its `token` to the call that begins the operation: the events bear it. What the stack
    has been through before does not count, nor does its state until that is told anew.
    """

    def __init__(self, cfn: Api, stack_id: str, poll_seconds: float) -> None:
        self._cfn, self._stack_id, self._poll_seconds = cfn, stack_id, poll_seconds
        self.token = uuid.uuid4().hex
        #: of the stack, by its last event; empty until the operation has begun
        self.state = ""
        self._seen: set[str] = set()
        self._failures: list[Event] = []

    def follow(self, goal: str) -> Iterator[Event]:
        """Each event as it comes, until all is over.

        Args:
            goal: the state that the stack is to come to.

        Raises:
            StackError: it came to another; names the resources that failed, and why.
            ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
        """
        while True:
            described = describe_stack(self._cfn, self._stack_id)
            yield from self._new()
            state = described["StackStatus"] if described else "DELETE_COMPLETE"
            # either may lag behind: the events, or the state, which then is that of before
            is_over = state == self.state and not state.endswith("IN_PROGRESS")
            if is_over or state == "DELETE_COMPLETE":
                self.state = state
                break
            time.sleep(self._poll_seconds)
        if state != goal:
            raise StackError(_told(state, self._failures))

    def _new(self) -> Sequence[Event]:
        """The operation's events that were not seen before, oldest first."""
        found: list[Event] = []
        pages = self._cfn.pages("describe_stack_events", "StackEvents", StackName=self._stack_id)
        for page in pages:
            ours = (Event.of(said) for said in page if said.get("ClientRequestToken") == self.token)
            fresh = [event for event in ours if event.id not in self._seen]
            found += fresh
            # the newest come first
            if len(fresh) < len(page):
                break
        found.reverse()
        self._seen.update(event.id for event in found)
        self._failures += [event for event in found if event.is_failure]
        for event in found:
            if event.kind == STACK:
                self.state = event.state
        return found


def _told(state: str, failures: Sequence[Event]) -> str:
    causes = [
        event
        for event in failures
        if event.kind != STACK and not any(word in event.reason for word in CANCELLED)
    ]
    lines = [f"{event.resource} ({event.kind}): {event.reason}" for event in causes or failures]
    return "\n".join([f"the stack is {state}", *lines])
