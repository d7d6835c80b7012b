"""Checks of the roles: they are there, and those who are to take them may."""

from collections.abc import Iterator, Mapping
from typing import Any

from emr_ml.aws.client import AWS_ERRORS, error_code
from emr_ml.aws.problems import diagnose
from emr_ml.doctor.aws import api
from emr_ml.doctor.cluster import Wanted
from emr_ml.doctor.finding import Finding, bad, good

NO_ROLE = "`aws emr create-default-roles` makes the default ones; or name another in the cluster"
EMR, EC2 = "elasticmapreduce.amazonaws.com", "ec2.amazonaws.com"
ASSUME = ("sts:AssumeRole", "sts:*", "*")


def roles(wanted: Wanted) -> Iterator[Finding]:
    """The service role, the instance profile, and the role of steps if there is one."""
    request = wanted.request
    yield _role("service role", request["ServiceRole"], "`service_role`", (EMR,), wanted)
    profile, role_of_nodes = _profile(request["JobFlowRole"], wanted)
    yield profile
    if step_role := wanted.config.runtime_role:
        account = step_role.split(":")[4]
        trusted = (role_of_nodes, account, f"{step_role.rpartition(':')[0]}:root")
        yield _role("runtime role", step_role, "`runtime_role`", trusted, wanted)


def _role(name: str, role: str, field: str, trusted: tuple[str, ...], wanted: Wanted) -> Finding:
    try:
        answer = api("iam", wanted.target.region).ask("get_role", RoleName=role.rpartition("/")[2])
    except AWS_ERRORS as error:
        return _missing(name, role, field, error)
    return _trust(name, role, answer["Role"], trusted) or good(name, role)


def _profile(profile: str, wanted: Wanted) -> tuple[Finding, str]:
    """What is found of the instance profile, and the ARN of its role; empty if not known."""
    name, short = "instance profile", profile.rpartition("/")[2]
    try:
        answer = api("iam", wanted.target.region).ask(
            "get_instance_profile", InstanceProfileName=short
        )
    except AWS_ERRORS as error:
        return _missing(name, profile, "`instance_profile`", error), ""
    held = answer["InstanceProfile"]["Roles"]
    if not held:
        fix = (
            f"`aws iam add-role-to-instance-profile --instance-profile-name {short} --role-name …`"
        )
        return bad(name, f"{profile} holds no role", fix), ""
    role = held[0]
    return _trust(name, role["RoleName"], role, (EC2,)) or good(name, profile), role["Arn"]


def _trust(
    name: str, role: str, described: Mapping[str, Any], trusted: tuple[str, ...]
) -> Finding | None:
    """What is wrong with the trust policy of a role; None if one of these may take it."""
    principals = list(_principals(described.get("AssumeRolePolicyDocument", {})))
    if any(each == "*" or _is(each, one) for each in principals for one in trusted):
        return None
    fix = "correct its trust policy, as with `aws iam update-assume-role-policy`"
    who = next(one for one in trusted if one)
    return bad(name, f"{role} does not let {who} take it", fix)


def _is(principal: str, trusted: str) -> bool:
    # in China a service's name has another ending; a policy may name it or not. Within the ARN of
    # anybody an account's number tells nothing
    return trusted in principal if trusted in (EMR, EC2) else trusted == principal


def _principals(policy: Mapping[str, Any]) -> Iterator[str]:
    """Who may take a role."""
    for statement in _listed(policy.get("Statement", [])):
        actions = _listed(statement.get("Action", []))
        if statement.get("Effect") != "Allow" or not any(each in ASSUME for each in actions):
            continue
        principal = statement.get("Principal", {})
        if isinstance(principal, str):
            yield principal
            continue
        for named in principal.values():
            yield from _listed(named)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _missing(name: str, what: str, field: str, error: Exception) -> Finding:
    if error_code(error) == "NoSuchEntity":
        return bad(name, f"{what} does not exist", f"{NO_ROLE} configuration ({field})")
    return good(name, f"{what}; could not be asked ({diagnose(error).what})")
