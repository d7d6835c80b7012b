"""A CloudFormation of one stack, whose resources can be told to fail."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/emr-ml/1"
STACK = "AWS::CloudFormation::Stack"
# what settings need of a stack
OUTPUTS = {
    "Lake": "s3://data/lake",
    "AlertTopicArn": "arn:aws:sns:eu-west-1:123456789012:alerts",
    "LogUri": "s3://data/lake/logs/",
    "Subnets": "subnet-1,subnet-2",
    "PrimarySecurityGroup": "sg-1",
    "CoreSecurityGroup": "sg-2",
    "ServiceAccessSecurityGroup": "sg-3",
    "SecurityConfiguration": "safe",
    "ServiceRole": "emr",
    "InstanceProfile": "nodes",
    "Packages": "wheelhouse",
}


@dataclass
class CloudFormation:
    """Answers like `Api`. A change makes `resources`; those in `failing` fail with the reason.

    Of a change, `late` looks at the stack know nothing yet: they tell the state before it.
    """

    resources: dict[str, str] = field(
        default_factory=lambda: {"DataBucket": "AWS::S3::Bucket", "ServiceRole": "AWS::IAM::Role"}
    )
    failing: dict[str, str] = field(default_factory=dict[str, str])
    state: str | None = None
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    calls: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, Any]]]
    )
    changed: bool = True
    late: int = 0
    _before: str | None = None
    _token: str = ""
    _events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _change_set: str = ""
    _ids: "itertools.count[int]" = field(default_factory=itertools.count)

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        return getattr(self, f"_{operation}")(**parameters)

    def pages(self, operation: str, key: str, **parameters: Any) -> list[list[dict[str, Any]]]:
        return [self.ask(operation, **parameters)[key]]

    def parameters_of(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.calls if name == operation]

    def _describe_stacks(self, StackName: str = "") -> dict[str, Any]:  # noqa: N803 - boto3's name
        if not StackName and self.state in (None, "DELETE_COMPLETE"):
            return {"Stacks": []}
        if self.state is None or (self.state == "DELETE_COMPLETE" and StackName != STACK_ID):
            message = f"Stack with id {StackName} does not exist"
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks"
            )
        described: dict[str, Any] = {
            "StackId": STACK_ID,
            "StackName": "emr-ml",
            "StackStatus": self._told_state(),
        }
        described["Outputs"] = [
            {"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()
        ]
        described["Parameters"] = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
        ]
        return {"Stacks": [described]}

    def _list_stacks(self, StackStatusFilter: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        listed = {"StackId": STACK_ID, "StackName": "emr-ml", "CreationTime": 0}
        return {"StackSummaries": [listed] if self.state in StackStatusFilter else []}

    def _told_state(self) -> str | None:
        if self._before and self.late:
            self.late -= 1
            return self._before
        return self.state

    def _describe_stack_events(self, **_: str) -> dict[str, Any]:
        return {"StackEvents": self._events[::-1]}

    def _create_change_set(self, **request: Any) -> dict[str, Any]:
        self._change_set = request["ChangeSetType"]
        if self._change_set == "CREATE":
            self.state = "REVIEW_IN_PROGRESS"
        self.parameters |= {
            each["ParameterKey"]: each["ParameterValue"]
            for each in request["Parameters"]
            if "ParameterValue" in each
        }
        return {"Id": "changes", "StackId": STACK_ID}

    def _describe_change_set(self, **_: str) -> dict[str, Any]:
        if not self.changed:
            reason = "The submitted information didn't contain changes."
            return {"Status": "FAILED", "StatusReason": reason, "Changes": []}
        action = "Add" if self._change_set == "CREATE" else "Modify"
        changes = [
            {"ResourceChange": {"Action": action, "ResourceType": kind, "LogicalResourceId": name}}
            for name, kind in self.resources.items()
        ]
        return {"Status": "CREATE_COMPLETE", "Changes": changes}

    def _execute_change_set(self, ChangeSetName: str, ClientRequestToken: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert ChangeSetName == "changes"
        self._before, self._token = self.state, ClientRequestToken
        verb = self._change_set
        failed = self._carry_out(verb)
        if failed:
            self.state = "DELETE_COMPLETE" if verb == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
        else:
            self.state = f"{verb}_COMPLETE"
        self._event("emr-ml", STACK, self.state)
        return {}

    def _delete_change_set(self, **_: str) -> dict[str, Any]:
        return {}

    def _delete_stack(self, StackName: str, ClientRequestToken: str = "") -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert StackName == STACK_ID
        self._before, self._token = self.state, ClientRequestToken
        self.state = "DELETE_FAILED" if self._carry_out("DELETE") else "DELETE_COMPLETE"
        self._event("emr-ml", STACK, self.state)
        return {}

    def _carry_out(self, verb: str) -> bool:
        failed = False
        for name, kind in self.resources.items():
            if reason := self.failing.get(name):
                self._event(name, kind, f"{verb}_FAILED", reason)
                failed = True
            elif failed:
                self._event(name, kind, f"{verb}_FAILED", "Resource creation cancelled")
            else:
                self._event(name, kind, f"{verb}_COMPLETE")
        return failed

    def _event(self, name: str, kind: str, state: str, reason: str = "") -> None:
        self._events.append(
            {
                "EventId": str(next(self._ids)),
                "ClientRequestToken": self._token,
                "LogicalResourceId": name,
                "ResourceType": kind,
                "ResourceStatus": state,
                "ResourceStatusReason": reason,
            }
        )
