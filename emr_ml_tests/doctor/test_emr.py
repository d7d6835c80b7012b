"""`emr-ml doctor` for EMR: of a broken set-up it names the one thing that is wrong."""

import os
import uuid
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emr_ml.launchers.remote.wheels import read_requirements, wheelhouse_key
from emr_ml_tests.doctor.healthy import CHECKS, make_bucket
from emr_ml_tests.doctor.test_machine import diagnosis, the_bad_one
from emr_ml_tests.emulator.arranged import ArrangedAws
from spark_jobs.runtime.lake import open_lake

pytestmark = pytest.mark.usefixtures("emulation")

ACCOUNT = "123456789012"


def client(service: str) -> Any:
    # a session of its own, so that none is left that remembers credentials
    return boto3.Session().client(service)  # pyright: ignore[reportCallIssue, reportArgumentType]


def make(operation: Any, **parameters: Any) -> None:
    """moto's IAM outlives a test, so what is wanted may be there."""
    with suppress(ClientError):
        operation(**parameters)


@pytest.fixture(name="aws")
def fixture_aws(emr_aws: ArrangedAws) -> ArrangedAws:
    return emr_aws


def test_a_good_set_up_is_good_in_every_line(aws: ArrangedAws) -> None:
    found = diagnosis()

    assert (found.names, found.bad, found.exit_code) == (CHECKS, [], 0)
    assert aws.called("RunJobFlow") == []
    bucket = os.environ["EMR_ML_LAKE"].split("/")[2]
    assert "Contents" not in client("s3").list_objects_v2(Bucket=bucket)


@pytest.mark.usefixtures("aws")
def test_a_lake_in_a_bucket_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", "s3://nobodys-bucket/lake")

    assert the_bad_one().startswith("lake there is no bucket nobodys-bucket. Fix: create it")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("STEP_CONCURRENCY", "many", "EMR_ML_CLUSTER__STEP_CONCURRENCY"),
        ("OVERRIDES", "{Steps: []}", "Steps"),
        ("OVERRIDES", "{Instances: {Ec2KeyName: 5}}", "Ec2KeyName"),
        ("BOOTSTRAP_ACTIONS", "[{name: mine, path: /none.sh}]", "/none.sh can't be read"),
        ("RELEASE_LABEL", "emr-6.15.0", "emr-6.15.0 can't run any job: its newest Python is"),
    ],
)
def test_a_configuration_that_emr_would_refuse(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch, field: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"EMR_ML_CLUSTER__{field}", value)

    said = the_bad_one()

    assert said.startswith("cluster ")
    assert words in said
    assert aws.called("DescribeReleaseLabel") == []


def test_a_caller_that_may_not_use_emr(aws: ArrangedAws) -> None:
    for operation in ("ListClusters", "DescribeReleaseLabel"):
        aws.refuse(operation, "AccessDeniedException")

    said = the_bad_one()

    assert said.startswith("EMR not allowed to call ListClusters (AccessDeniedException). Fix: ")
    assert "launcher_policy.json" in said


def test_a_release_that_the_region_does_not_have(aws: ArrangedAws) -> None:
    message = "The supplied release label is invalid: emr-spark-8.1.0."
    aws.refuse("DescribeReleaseLabel", "ValidationException", message=message)

    said = the_bad_one()

    assert said.startswith("release label EMR in eu-west-1 has no release emr-spark-8.1.0. Fix: ")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 400),
        ("UnknownOperationException", 404),
        ("InternalFailure", 500),
    ],
)
def test_a_release_that_can_not_be_asked_for_is_not_bad(
    aws: ArrangedAws, code: str, status: int
) -> None:
    aws.refuse("DescribeReleaseLabel", code, status)

    found = diagnosis()

    assert found.bad == []
    assert any(line.startswith("release label emr-spark-8.1.0: not") for line in found.skipped)


@pytest.mark.parametrize(
    ("field", "check"),
    [("SERVICE_ROLE", "service role"), ("INSTANCE_PROFILE", "instance profile")],
)
@pytest.mark.usefixtures("aws")
def test_a_role_that_is_not_there(monkeypatch: pytest.MonkeyPatch, field: str, check: str) -> None:
    monkeypatch.setenv(f"EMR_ML_CLUSTER__{field}", "forgotten")

    said = the_bad_one()

    assert said.startswith(f"{check} forgotten does not exist. Fix: ")
    assert "aws emr create-default-roles" in said
    assert f"`{field.lower()}`" in said


@pytest.mark.usefixtures("aws")
def test_a_runtime_role_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/jobs"
    monkeypatch.setenv("EMR_ML_CLUSTER__RUNTIME_ROLE", role)
    monkeypatch.setenv("EMR_ML_CLUSTER__SECURITY_CONFIGURATION", "with-roles")

    assert the_bad_one().startswith(f"runtime role {role} does not exist. Fix: ")


@pytest.mark.usefixtures("aws")
def test_an_instance_profile_without_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"empty-{uuid.uuid4().hex}"
    client("iam").create_instance_profile(InstanceProfileName=name)
    monkeypatch.setenv("EMR_ML_CLUSTER__INSTANCE_PROFILE", name)

    assert the_bad_one().startswith(f"instance profile {name} has no role. Fix: ")


def test_roles_that_may_not_be_looked_at_are_not_bad(aws: ArrangedAws) -> None:
    for operation in ("GetRole", "GetInstanceProfile", "DescribeSubnets"):
        aws.refuse(operation, "AccessDenied", 403)

    assert diagnosis().bad == []


@pytest.mark.usefixtures("aws")
def test_a_subnet_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_CLUSTER__SUBNETS", "[subnet-0123456789abcdef0]")

    said = the_bad_one()

    assert said.startswith("subnets ")
    assert "subnet-0123456789abcdef0" in said
    assert "Fix: correct `subnets`" in said


@pytest.mark.usefixtures("aws")
def test_a_subnet_that_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    # of 16 addresses, AWS keeps five for itself
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.0.0/28")["Subnet"]["SubnetId"]
    monkeypatch.setenv("EMR_ML_CLUSTER__SUBNETS", f"[{subnet}]")
    assert diagnosis().bad == []

    monkeypatch.setenv("EMR_ML_CLUSTER__CORE__ON_DEMAND", "20")

    assert f"{subnet} has 11 free addresses, but a cluster may need 23" in the_bad_one()


def test_a_region_without_a_default_network(aws: ArrangedAws) -> None:
    aws.answer("DescribeSubnets", "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>")

    said = the_bad_one()

    assert said.startswith(
        "subnets none are configured, and eu-west-1 has no default VPC. Fix: set"
    )


@pytest.mark.usefixtures("aws")
def test_logs_in_a_bucket_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_CLUSTER__LOG_URI", "s3://nobodys-logs/emr")

    assert the_bad_one().startswith("log URI there is no bucket nobodys-logs. Fix: create it")


@pytest.mark.usefixtures("aws")
def test_logs_in_another_region(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = make_bucket("us-west-2")
    monkeypatch.setenv("EMR_ML_CLUSTER__LOG_URI", f"s3://{bucket}/logs")

    said = the_bad_one()

    assert said.startswith(
        f"log URI bucket {bucket} is in us-west-2, but clusters are in eu-west-1"
    )


@pytest.mark.usefixtures("aws")
def test_a_wheelhouse_that_was_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_CLUSTER__PACKAGES", "wheelhouse")

    said = the_bad_one()

    assert said.startswith("packages `packages: wheelhouse` needs s3://")
    assert "Fix: run `emr-ml wheelhouse --arch x86_64 --python 3.11`" in said


@pytest.mark.usefixtures("aws")
def test_a_wheelhouse_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_CLUSTER__PACKAGES", "wheelhouse")
    key = wheelhouse_key(read_requirements())
    open_lake(os.environ["EMR_ML_LAKE"]).write(f"{key}/cp311-x86_64/wheels.json", b"{}")

    assert diagnosis().bad == []


@pytest.mark.usefixtures("aws")
def test_a_script_of_the_user_that_was_not_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{os.environ['EMR_ML_LAKE']}/mine/proxy.sh"
    monkeypatch.setenv("EMR_ML_CLUSTER__BOOTSTRAP_ACTIONS", f"[{{name: proxy, path: '{path}'}}]")

    said = the_bad_one()

    assert said.startswith(f"packages bootstrap action 'proxy': {path} does not exist. Fix: ")


@pytest.mark.usefixtures("aws")
def test_no_java_is_needed_where_jobs_run_on_emr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")

    assert diagnosis().bad == []
