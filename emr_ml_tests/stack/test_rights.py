"""What the template's policies allow, and to whom."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from emr_ml.project import ROOT
from emr_ml.stack.template import render_template
from emr_ml_tests.stack.policies import policies, template

# actions that take no resource, by AWS's service authorization reference; TagResource is bound to
# the launcher's tag
WITHOUT_RESOURCE = re.compile(
    r"ec2:Describe\w+|elasticmapreduce:(RunJobFlow|ListClusters|DescribeReleaseLabel)"
    r"|pricing:GetProducts|servicequotas:GetServiceQuota"
    r"|emr-serverless:(CreateApplication|ListApplications|TagResource)"
)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, policy in policies():
        for statement in policy["Statement"]:
            yield f"{name} {statement.get('Sid', '')}", statement


def test_no_role_has_a_managed_policy_of_aws() -> None:
    assert "ManagedPolicyArns" not in render_template()
    assert "FullAccess" not in render_template()


def test_roles_get_no_action_by_a_wildcard() -> None:
    wild = [
        name
        for name, statement in statements()
        for action in listed(statement["Action"])
        if "*" in action and statement["Effect"] == "Allow"
    ]

    assert wild == ["Key.KeyPolicy UseIamPolicies"]


def test_only_actions_that_take_no_resource_are_allowed_on_all() -> None:
    broad = [
        action
        for name, statement in statements()
        for action in listed(statement["Action"])
        if "*" in listed(statement.get("Resource", "")) and not name.startswith("Key.")
    ]

    assert broad
    assert [action for action in broad if not WITHOUT_RESOURCE.fullmatch(action)] == []


def test_every_right_on_the_bucket_is_on_a_prefix_of_it() -> None:
    on_objects = [
        resource
        for _, statement in statements()
        for resource in listed(statement.get("Resource", ""))
        if re.match(r"arn:aws:s3:::[^/]+/", resource) and statement["Effect"] == "Allow"
    ]

    assert on_objects
    assert [each for each in on_objects if each.endswith("eu-west-1/*")] == []


def test_every_listing_is_bound_to_prefixes() -> None:
    listings = [
        statement for _, statement in statements() if "s3:ListBucket" in listed(statement["Action"])
    ]

    assert listings
    for statement in listings:
        assert listed(statement["Action"]) == ["s3:ListBucket"]
        assert all(listed(statement["Condition"]["StringLike"]["s3:prefix"]))


@pytest.mark.parametrize(
    "policies_of_one",
    [
        ["LauncherPolicy", "LauncherOfStackPolicy"],
        ["ServerlessLauncherPolicy", "LauncherOfStackPolicy"],
        ["JobPolicy"],
    ],
)
def test_whoever_reads_may_list_or_what_is_absent_would_look_forbidden(
    policies_of_one: list[str],
) -> None:
    own = [
        statement
        for name, statement in statements()
        if name.partition(".")[0] in policies_of_one and statement["Effect"] == "Allow"
    ]
    read = {
        resource.partition("/")[2]
        for statement in own
        if "s3:GetObject" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    seen = {
        prefix
        for statement in own
        if statement["Action"] == "s3:ListBucket"
        for prefix in statement["Condition"]["StringLike"]["s3:prefix"]
    }

    assert read
    assert read <= seen


@pytest.mark.parametrize("stack", ["emr-ml/*", "emr-ml/1", "emr-ml/b9e1-another-of-that-name"])
def test_the_launcher_may_read_its_stack_by_name_and_by_arn(stack: str) -> None:
    allowed = dict(statements())["LauncherOfStackPolicy.PolicyDocument ReadTheSettings"]
    root = "arn:aws:cloudformation:eu-west-1:123456789012:stack/"

    assert fnmatchcase(root + stack, allowed["Resource"])
    assert not fnmatchcase(root + "emr-ml-of-others/1", allowed["Resource"])


def test_job_runs_have_the_rights_of_jobs_on_clusters_and_no_others() -> None:
    policies_of = {
        name: resource["Properties"]["Roles"]
        for name, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy"
    }
    own = [name for name, roles in policies_of.items() if "ExecutionRole" in json.dumps(roles)]
    trust = dict(statements())["ExecutionRole.AssumeRolePolicyDocument "]

    assert own == ["JobPolicy", "KeyPolicyOfRoles"]
    assert trust["Principal"] == {"Service": "emr-serverless.amazonaws.com"}


def test_no_name_is_of_one_partition_of_aws_alone() -> None:
    assert "arn:aws:" not in render_template()


def test_a_job_changes_nothing_that_later_jobs_start_with() -> None:
    by_name = dict(statements())
    read = by_name["NodePolicy.PolicyDocument ReadStartupFiles"]["Resource"]
    denied = by_name["JobPolicy.PolicyDocument ProtectStartupFiles"]
    written = by_name["JobPolicy.PolicyDocument ReadAndWriteTheLake"]["Resource"]

    assert denied["Effect"] == "Deny"
    assert denied["Action"] == ["s3:PutObject", "s3:DeleteObject*"]
    started_with = {each for each in read if each.startswith(written[:-1])}
    # where EMR Serverless has its archive
    assert {*denied["Resource"]} == {*started_with, written.replace("*", "packages/*")}


@pytest.mark.parametrize(
    ("policy", "file"),
    [
        ("LauncherPolicy", "launcher_policy.json"),
        ("ServerlessLauncherPolicy", "serverless_launcher_policy.json"),
    ],
)
def test_a_launchers_policy_is_the_file_with_the_names_of_the_template(
    policy: str, file: str
) -> None:
    included = dict(policies())[f"{policy}.PolicyDocument"]
    alone = json.loads((ROOT / "infra" / file).read_text())

    assert [s["Sid"] for s in included["Statement"]] == [s["Sid"] for s in alone["Statement"]]
    names = set(re.findall(r"\$\{(\w+)\}", json.dumps(alone)))
    assert names <= {*template()["Parameters"], *template()["Resources"]}
    assert "Fn::Transform" not in render_template()
