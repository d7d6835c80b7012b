"""The settings that a stack's outputs give: `EMR_ML_STACK`."""

import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import AWS_ERRORS, Api, error_code
from emr_ml.aws.problems import diagnose
from emr_ml.aws.region import region_name
from emr_ml.settings import Settings, region_of_stack
from emr_ml.stack import StackError

LOG = logging.getLogger("emr_ml")
# names of outputs, and what they give
SETTINGS = {"Lake": "lake", "AlertTopicArn": "alert_topic_arn"}
CLUSTER = {
    "ServiceRole": ("service_role",),
    "InstanceProfile": ("instance_profile",),
    "RuntimeRole": ("runtime_role",),
    "Subnets": ("subnets",),
    "PrimarySecurityGroup": ("security_groups", "primary"),
    "CoreSecurityGroup": ("security_groups", "core"),
    "ServiceAccessSecurityGroup": ("security_groups", "service_access"),
    "SecurityConfiguration": ("security_configuration",),
    "Packages": ("packages",),
    "LogUri": ("log_uri",),
}
LISTS = ("Subnets",)
# a stack may be made without these
OPTIONAL = ("RuntimeRole",)
USABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
# the old resources are there until these are over
CHANGING = (
    *("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
    *("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
)


def resolved(settings: Settings, stack: str, patience: float) -> Settings:
    """The settings, with what the stack's outputs give where no variable does.

    Raises:
        StackError: there is no such stack, it can't be used, or AWS does not tell.
    """
    cfn = Api("cloudformation", patience, LOG, region_of_stack(stack) or region_name())
    outputs = usable_outputs(cfn, stack)
    given = {
        field: outputs[name]
        for name, field in SETTINGS.items()
        if field not in settings.model_fields_set
    }
    return settings.model_copy(update={**given, "stack_fields": cluster_fields(outputs)})


def usable_outputs(cfn: Api, stack: str) -> dict[str, str]:
    """The outputs of a stack that is there and has all that settings need.

    Raises:
        StackError: it has not.
    """
    try:
        described = describe_stack(cfn, stack)
    except AWS_ERRORS as error:
        raise StackError(f"stack {stack} can't be read: {diagnose(error)}") from error
    if described is None:
        raise StackError(
            f"there is no stack {stack} in {region_of_stack(stack) or region_name()}: "
            "make it with `emr-ml up`, or correct EMR_ML_STACK or AWS_REGION"
        )
    state = described["StackStatus"]
    if state not in (*USABLE, *CHANGING):
        raise StackError(f"stack {stack} is {state}: mend it with `emr-ml up`")
    outputs = outputs_of(described)
    if missing := [n for n in (*SETTINGS, *CLUSTER) if n not in outputs and n not in OPTIONAL]:
        raise StackError(
            f"stack {stack} has no output {', '.join(missing)}: bring it up to date with "
            "`emr-ml up`, or name another stack"
        )
    return outputs


def describe_stack(cfn: Api, stack: str) -> dict[str, Any] | None:
    """The stack as CloudFormation describes it; None if there is none.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS does not tell.
    """
    try:
        return cfn.ask("describe_stacks", StackName=stack)["Stacks"][0]
    except ClientError as error:
        said = error.response.get("Error", {}).get("Message", "")
        if error_code(error) == "ValidationError" and "does not exist" in said:
            return None
        raise


def outputs_of(described: Mapping[str, Any]) -> dict[str, str]:
    """A stack's outputs by name."""
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}


def parameters_of(described: Mapping[str, Any]) -> dict[str, str]:
    """What a stack was told, by name."""
    return {
        each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", ())
    }


def key_of(parameters: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """The ARN of the key of a stack's bucket and disks, made by it or given; empty if none is."""
    given = parameters.get("KmsKey", "")
    return outputs.get("Key") or (given if given.startswith("arn:") else "")


def cluster_fields(outputs: Mapping[str, str]) -> dict[str, Any]:
    """Fields of the cluster configuration, in its form."""
    fields: dict[str, Any] = {}
    for name, (*parents, field) in CLUSTER.items():
        if name not in outputs:
            continue
        part = fields
        for parent in parents:
            part = part.setdefault(parent, {})
        part[field] = outputs[name].split(",") if name in LISTS else outputs[name]
    return fields
