"""Checks of the IAM roles: they exist, and their trust policies allow the right principals."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emr_ml.aws.client import AWS_ERRORS, error_code
from emr_ml.doctor.aws import api, unanswered
from emr_ml.doctor.cluster import PlannedCluster
from emr_ml.doctor.finding import Finding, bad, good

EMR_SERVICE, EC2_SERVICE = "elasticmapreduce.amazonaws.com", "ec2.amazonaws.com"
SERVERLESS_SERVICE = "emr-serverless.amazonaws.com"
# how to create roles that are not EMR's default ones, by their fields
CREATE_ROLE = {
    "`execution_role`": (
        f"create it with `aws iam create-role` and a trust policy for {SERVERLESS_SERVICE}, or "
        "correct `execution_role`"
    )
}
ASSUME_ACTIONS = ("sts:AssumeRole", "sts:*", "*")


def check_roles(planned: PlannedCluster) -> Iterator[Finding]:
    """Check the service role, the instance profile, and the runtime role if there is one."""
    request = planned.request
    region = planned.region
    yield check_role(
        region, "service role", request["ServiceRole"], "`service_role`", (EMR_SERVICE,)
    )
    finding, instance_role = _check_profile(planned, request["JobFlowRole"])
    yield finding
    if runtime_role := planned.config.runtime_role:
        account = runtime_role.split(":")[4]
        trusted = (instance_role, account, f"{runtime_role.rpartition(':')[0]}:root")
        yield check_role(region, "runtime role", runtime_role, "`runtime_role`", trusted)


def check_role(region: str, name: str, role: str, field: str, trusted: Sequence[str]) -> Finding:
    """Check that the role exists, and that one of the trusted principals may assume it.

    Args:
        region: AWS region.
        name: of the check.
        role: a name or an ARN.
        field: of the configuration, for the message.
        trusted: any of these will do.
    """
    try:
        answer = api("iam", region).ask("get_role", RoleName=role.rpartition("/")[2])
    except AWS_ERRORS as error:
        return _unreadable(name, role, field, error)
    return _trust_problem(name, role, answer["Role"], trusted) or good(name, role)


def _check_profile(planned: PlannedCluster, profile: str) -> tuple[Finding, str]:
    """Return the finding, and the ARN of the profile's role; empty if it is not known."""
    name, profile_name = "instance profile", profile.rpartition("/")[2]
    try:
        answer = api("iam", planned.region).ask(
            "get_instance_profile", InstanceProfileName=profile_name
        )
    except AWS_ERRORS as error:
        return _unreadable(name, profile, "`instance_profile`", error), ""
    roles = answer["InstanceProfile"]["Roles"]
    if not roles:
        fix = (
            "`aws iam add-role-to-instance-profile --instance-profile-name "
            f"{profile_name} --role-name …`"
        )
        return bad(name, f"{profile} has no role", fix), ""
    role = roles[0]
    problem = _trust_problem(name, role["RoleName"], role, (EC2_SERVICE,))
    return problem or good(name, profile), role["Arn"]


def _trust_problem(
    name: str, role: str, described: Mapping[str, Any], trusted: Sequence[str]
) -> Finding | None:
    """Return a finding if none of the trusted principals may assume the role."""
    principals = list(_allowed_principals(described.get("AssumeRolePolicyDocument", {})))
    if any(
        principal == "*" or _matches(principal, each)
        for principal in principals
        for each in trusted
    ):
        return None
    fix = "correct its trust policy, for example with `aws iam update-assume-role-policy`"
    expected = next(each for each in trusted if each)
    return bad(name, f"{role} does not allow {expected} to assume it", fix)


def _matches(principal: str, trusted: str) -> bool:
    # services have another suffix in China, which a policy may contain; an account number must
    # match exactly, because it is part of every ARN of the account
    if trusted in (EMR_SERVICE, EC2_SERVICE, SERVERLESS_SERVICE):
        return trusted in principal
    return trusted == principal


def _allowed_principals(policy: Mapping[str, Any]) -> Iterator[str]:
    """Yield the principals that a trust policy allows to assume its role."""
    for statement in _as_list(policy.get("Statement", [])):
        actions = _as_list(statement.get("Action", []))
        if statement.get("Effect") != "Allow" or not set(actions) & set(ASSUME_ACTIONS):
            continue
        principals = statement.get("Principal", {})
        if isinstance(principals, str):
            yield principals
            continue
        for group in principals.values():
            yield from _as_list(group)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _unreadable(name: str, role: str, field: str, error: Exception) -> Finding:
    if error_code(error) == "NoSuchEntity":
        fix = CREATE_ROLE.get(field) or (
            "`aws emr create-default-roles` creates the default roles; or set another one in the "
            f"cluster configuration ({field})"
        )
        return bad(name, f"{role} does not exist", fix)
    return unanswered(name, error, role)
