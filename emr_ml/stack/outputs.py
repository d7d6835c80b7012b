"""The settings that a stack's outputs provide: `EMR_ML_STACK`."""

import logging
from collections.abc import Mapping
from typing import Any

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.aws.problems import diagnose
from emr_ml.aws.region import region_name
from emr_ml.settings import Deployment, Settings, region_of_stack
from emr_ml.stack import StackError
from emr_ml.stack.cloudformation import describe_stack, stack_outputs

LOG = logging.getLogger("emr_ml")
# names of outputs, and the fields that each of them sets: of settings and of two configurations
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
SERVERLESS = {"ExecutionRole": ("execution_role",)}
LISTS = ("Subnets",)
# outputs that a stack with clusters may lack
OPTIONAL = ("RuntimeRole",)
USABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
# the old resources exist until these have ended
UPDATING = (
    *("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
    *("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
)


def add_stack_outputs(settings: Settings, stack: str, patience: float) -> Settings:
    """Return the settings, with the stack's outputs for those that no variable sets.

    Raises:
        StackError: there is no such stack, it can't be used, or AWS does not answer.
    """
    cfn = Api("cloudformation", patience, LOG, region_of_stack(stack) or region_name())
    outputs = read_outputs(cfn, stack, settings.deployment)
    unset = {
        field: outputs[name]
        for name, field in SETTINGS.items()
        if field not in settings.model_fields_set
    }
    return settings.model_copy(update={**unset, "stack_fields": stack_fields(outputs)})


def has_clusters(outputs: Mapping[str, str]) -> bool:
    """Return whether the stack has what clusters need."""
    return "ServiceRole" in outputs


def has_serverless(outputs: Mapping[str, str]) -> bool:
    """Return whether the stack has what EMR Serverless needs."""
    return "ExecutionRole" in outputs


def read_outputs(cfn: Api, stack: str, deployment: Deployment | None = None) -> dict[str, str]:
    """Return the outputs of a stack, which include all that settings need.

    Args:
        deployment: for which the stack must be made, if that is of clusters. The role of EMR
            Serverless may be given without a stack.

    Raises:
        StackError: there is no such stack, it can't be used, or AWS does not answer.
    """
    try:
        described = describe_stack(cfn, stack)
    except AWS_ERRORS as error:
        problem = diagnose(error)
        raise StackError(f"stack {stack} can't be read: {problem.what}", fix=problem.fix) from error
    if described is None:
        raise StackError(
            f"there is no stack {stack} in {region_of_stack(stack) or region_name()}",
            fix="create it with `emr-ml up`, or correct EMR_ML_STACK or AWS_REGION",
        )
    state = described["StackStatus"]
    if state not in (*USABLE, *UPDATING):
        raise StackError(f"stack {stack} is {state}", fix="repair it with `emr-ml up`")
    outputs = stack_outputs(described)
    uses_clusters = deployment is not None and deployment.uses_emr
    if uses_clusters and has_serverless(outputs) and not has_clusters(outputs):
        raise StackError(
            f"stack {stack} is for EMR Serverless alone",
            fix="set EMR_ML_DEPLOYMENT=emr-serverless, or run `emr-ml up --deployment both`",
        )
    of_clusters = [name for name in CLUSTER if name not in OPTIONAL] if uses_clusters else []
    if missing := [name for name in (*SETTINGS, *of_clusters) if name not in outputs]:
        raise StackError(
            f"stack {stack} has no output {', '.join(missing)}",
            fix="update it with `emr-ml up`, or name another stack",
        )
    return outputs


def stack_fields(outputs: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the fields that outputs set, by configuration, nested as in its YAML."""
    return {"cluster": _fields(CLUSTER, outputs), "serverless": _fields(SERVERLESS, outputs)}


def _fields(paths: Mapping[str, tuple[str, ...]], outputs: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, (*parents, field) in paths.items():
        if name not in outputs:
            continue
        section = fields
        for parent in parents:
            section = section.setdefault(parent, {})
        section[field] = outputs[name].split(",") if name in LISTS else outputs[name]
    return fields
