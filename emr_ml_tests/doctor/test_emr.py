"""`emr-ml doctor` for EMR: of a broken set-up it names the one thing that is wrong."""

import os
import re
import uuid
from collections.abc import Generator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from emr_ml.commands.doctor import doctor
from emr_ml.launchers.emr.shipping.wheels import read_requirements, wheelhouse_key
from emr_ml_tests.doctor.test_machine import diagnosis, the_bad_one
from emr_ml_tests.emulator.surroundings import TAKEN_BY, set_up_bucket, trust_in
from emr_ml_tests.small_aws import REGION, RefusedError, SmallAws, small_aws
from spark_jobs.runtime.lake import open_lake

pytestmark = pytest.mark.usefixtures("emulation")

CHECKS = [
    *("Java", "Python", "Spark", "settings", "region", "credentials", "clock", "contract"),
    *("lake", "conditional writes", "bucket", "cluster", "EMR", "release label", "service role"),
    *("instance profile", "subnets", "instance types", "on-demand quota", "spot quota"),
    *("log URI", "packages"),
]
ACCOUNT = "123456789012"


def client(service: str) -> Any:
    # a session of its own, so that none is left that remembers credentials
    return boto3.Session().client(service)  # pyright: ignore[reportCallIssue, reportArgumentType]


def make(operation: Any, **parameters: Any) -> None:
    """moto's IAM outlives a test, so what is wanted may be there."""
    with suppress(ClientError):
        operation(**parameters)


def make_bucket(region: str = REGION) -> str:
    name = f"doctor-{uuid.uuid4().hex}"
    s3 = boto3.Session().client("s3", region_name=region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})  # pyright: ignore[reportArgumentType]
    set_up_bucket(s3, name)
    return name


def make_roles() -> None:
    iam = client("iam")
    for role, service in TAKEN_BY.items():
        make(iam.create_role, RoleName=role, AssumeRolePolicyDocument=trust_in(service))
    profile = "EMR_EC2_DefaultRole"
    make(iam.create_instance_profile, InstanceProfileName=profile)
    make(iam.add_role_to_instance_profile, InstanceProfileName=profile, RoleName=profile)


@pytest.fixture(name="aws")
def fixture_aws(monkeypatch: pytest.MonkeyPatch) -> Generator[SmallAws]:
    monkeypatch.setattr("emr_ml.doctor.aws.PATIENCE_SECONDS", 0.2)
    with small_aws(monkeypatch) as aws:
        make_roles()
        monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
        monkeypatch.setenv("EMR_ML_LAKE", f"s3://{make_bucket()}/lake")
        yield aws


def test_a_good_set_up_is_good_in_every_line(aws: SmallAws) -> None:
    found = diagnosis()

    assert (found.names, found.bad, found.exit_code) == (CHECKS, [], 0)
    assert aws.called("RunJobFlow") == []
    bucket = os.environ["EMR_ML_LAKE"].split("/")[2]
    assert "Contents" not in client("s3").list_objects_v2(Bucket=bucket)


def test_no_region(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert the_bad_one().startswith("region none is set. Fix: set AWS_REGION, ")
    assert aws.called("GetCallerIdentity") == []


def test_a_region_that_is_none(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west1")

    assert the_bad_one().startswith("region 'eu-west1' is not the name of a region. Fix: ")
    assert aws.called("GetCallerIdentity") == []


def test_no_credentials(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    said = the_bad_one()

    assert said.startswith("credentials no credentials were found. Fix: set AWS_PROFILE")
    assert aws.called("GetCallerIdentity") == []


def test_a_profile_that_is_not_there(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")

    said = the_bad_one()

    assert said.startswith("credentials The config profile (work) could not be found. Fix: ")
    assert aws.called("GetCallerIdentity") == []


def test_expired_credentials_are_not_called_missing(aws: SmallAws) -> None:
    aws.refusals["GetCallerIdentity"] = RefusedError("ExpiredToken", 403)

    assert the_bad_one().startswith("credentials the credentials have expired. Fix: get new ones")


def test_credentials_that_aws_does_not_know(aws: SmallAws) -> None:
    aws.refusals["GetCallerIdentity"] = RefusedError("InvalidClientTokenId", 403)

    said = the_bad_one()

    assert said.startswith("credentials AWS does not accept the credentials (InvalidClientTokenId)")


@pytest.mark.parametrize(("minutes", "words"), [(3, "behind"), (-3, "ahead of")])
def test_a_clock_that_is_wrong(aws: SmallAws, minutes: int, words: str) -> None:
    aws.ahead = timedelta(minutes=minutes)

    assert f"seconds {words} AWS's. Fix: set it" in the_bad_one()


def test_a_clock_that_is_so_wrong_that_aws_refuses_the_request(aws: SmallAws) -> None:
    aws.ahead = timedelta(minutes=20)
    aws.refusals["GetCallerIdentity"] = RefusedError(
        "SignatureDoesNotMatch", 403, "Signature expired: 20261102T1200Z is now earlier"
    )

    assert re.match(r"clock is 1(199|200) seconds behind AWS's\. Fix: ", the_bad_one())


def test_a_clock_that_is_a_little_off_is_worth_a_word(aws: SmallAws) -> None:
    aws.ahead = timedelta(seconds=-20)

    result = CliRunner().invoke(doctor)

    assert result.exit_code == 0
    assert re.search(r"good  clock +is 2\d seconds ahead of AWS's: let NTP set it", result.output)


def test_a_lake_in_a_bucket_that_is_not_there(
    aws: SmallAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aws.calls
    monkeypatch.setenv("EMR_ML_LAKE", "s3://nobodys-bucket/lake")

    assert the_bad_one().startswith("lake there is no bucket nobodys-bucket. Fix: create it")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("STEP_CONCURRENCY", "many", "EMR_ML_CLUSTER__STEP_CONCURRENCY"),
        ("OVERRIDES", "{Steps: []}", "Steps"),
        ("OVERRIDES", "{Instances: {Ec2KeyName: 5}}", "Ec2KeyName"),
        ("BOOTSTRAP_ACTIONS", "[{name: mine, path: /none.sh}]", "/none.sh can't be read"),
    ],
)
def test_a_configuration_that_emr_would_refuse(
    aws: SmallAws, monkeypatch: pytest.MonkeyPatch, field: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"EMR_ML_CLUSTER__{field}", value)

    said = the_bad_one()

    assert said.startswith("cluster ")
    assert words in said
    assert aws.called("DescribeReleaseLabel") == []


def test_a_caller_that_may_not_use_emr(aws: SmallAws) -> None:
    for operation in ("ListClusters", "DescribeReleaseLabel"):
        aws.refusals[operation] = RefusedError("AccessDeniedException")

    said = the_bad_one()

    assert said.startswith("EMR not allowed to call ListClusters (AccessDeniedException). Fix: ")
    assert "launcher_policy.json" in said


def test_a_release_that_the_region_does_not_have(
    aws: SmallAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "emr-spark-8.0.0" not in aws.releases
    monkeypatch.setenv("EMR_ML_CLUSTER__RELEASE_LABEL", "emr-spark-8.0.0")

    said = the_bad_one()

    assert said.startswith("release label EMR in eu-west-1 has no release emr-spark-8.0.0. Fix: ")


@pytest.mark.parametrize(
    "refusal",
    [
        RefusedError("AccessDeniedException"),
        RefusedError("UnknownOperationException", 404),
        RefusedError("InternalFailure", 500),
    ],
)
def test_a_release_that_can_not_be_asked_for_is_not_bad(
    aws: SmallAws, refusal: RefusedError
) -> None:
    aws.refusals["DescribeReleaseLabel"] = refusal

    assert diagnosis().bad == []


@pytest.mark.parametrize(
    ("field", "check"),
    [("SERVICE_ROLE", "service role"), ("INSTANCE_PROFILE", "instance profile")],
)
def test_a_role_that_is_not_there(
    aws: SmallAws, monkeypatch: pytest.MonkeyPatch, field: str, check: str
) -> None:
    assert aws.calls
    monkeypatch.setenv(f"EMR_ML_CLUSTER__{field}", "forgotten")

    said = the_bad_one()

    assert said.startswith(f"{check} forgotten does not exist. Fix: ")
    assert "aws emr create-default-roles" in said
    assert f"`{field.lower()}`" in said


def test_a_runtime_role_that_is_not_there(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.calls
    role = f"arn:aws:iam::{ACCOUNT}:role/jobs"
    monkeypatch.setenv("EMR_ML_CLUSTER__RUNTIME_ROLE", role)
    monkeypatch.setenv("EMR_ML_CLUSTER__SECURITY_CONFIGURATION", "with-roles")

    assert the_bad_one().startswith(f"runtime role {role} does not exist. Fix: ")


def test_an_instance_profile_without_a_role(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.calls
    name = f"empty-{uuid.uuid4().hex}"
    client("iam").create_instance_profile(InstanceProfileName=name)
    monkeypatch.setenv("EMR_ML_CLUSTER__INSTANCE_PROFILE", name)

    assert the_bad_one().startswith(f"instance profile {name} has no role. Fix: ")


def test_roles_that_may_not_be_looked_at_are_not_bad(aws: SmallAws) -> None:
    for operation in ("GetRole", "GetInstanceProfile", "DescribeSubnets"):
        aws.refusals[operation] = RefusedError("AccessDenied", 403)

    assert diagnosis().bad == []


def test_a_subnet_that_is_not_there(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.calls
    monkeypatch.setenv("EMR_ML_CLUSTER__SUBNETS", "[subnet-0123456789abcdef0]")

    said = the_bad_one()

    assert said.startswith("subnets ")
    assert "subnet-0123456789abcdef0" in said
    assert "Fix: correct `subnets`" in said


def test_a_subnet_that_is_too_small(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.calls
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    # of 16 addresses, AWS keeps five for itself
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.0.0/28")["Subnet"]["SubnetId"]
    monkeypatch.setenv("EMR_ML_CLUSTER__SUBNETS", f"[{subnet}]")
    assert diagnosis().bad == []

    monkeypatch.setenv("EMR_ML_CLUSTER__CORE__ON_DEMAND", "20")

    assert f"{subnet} has 11 free addresses, but a cluster may need 23" in the_bad_one()


def test_a_region_without_a_default_network(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> str:
        return "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>"

    assert aws.calls
    monkeypatch.setattr(SmallAws, "_answer_DescribeSubnets", none, raising=False)

    said = the_bad_one()

    assert said.startswith(
        "subnets none are configured, and eu-west-1 has no default VPC. Fix: set"
    )


def test_logs_in_a_bucket_that_is_not_there(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.calls
    monkeypatch.setenv("EMR_ML_CLUSTER__LOG_URI", "s3://nobodys-logs/emr")

    assert the_bad_one().startswith("log URI there is no bucket nobodys-logs. Fix: create it")


def test_logs_in_another_region(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.calls
    bucket = make_bucket("us-west-2")
    monkeypatch.setenv("EMR_ML_CLUSTER__LOG_URI", f"s3://{bucket}/logs")

    said = the_bad_one()

    assert said.startswith(
        f"log URI bucket {bucket} is in us-west-2, but clusters are in eu-west-1"
    )


def test_a_wheelhouse_that_was_not_built(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.calls
    monkeypatch.setenv("EMR_ML_CLUSTER__PACKAGES", "wheelhouse")

    said = the_bad_one()

    assert said.startswith("packages `packages: wheelhouse` needs s3://")
    assert "Fix: run `emr-ml wheelhouse --arch x86_64 --python 3.11`" in said


def test_a_wheelhouse_that_is_there(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.calls
    monkeypatch.setenv("EMR_ML_CLUSTER__PACKAGES", "wheelhouse")
    key = wheelhouse_key(read_requirements())
    open_lake(os.environ["EMR_ML_LAKE"]).write(f"{key}/cp311-x86_64/wheels.json", b"{}")

    assert diagnosis().bad == []


def test_a_script_of_the_user_that_was_not_uploaded(
    aws: SmallAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aws.calls
    path = f"{os.environ['EMR_ML_LAKE']}/mine/proxy.sh"
    monkeypatch.setenv("EMR_ML_CLUSTER__BOOTSTRAP_ACTIONS", f"[{{name: proxy, path: '{path}'}}]")

    said = the_bad_one()

    assert said.startswith(f"packages bootstrap action 'proxy': {path} does not exist. Fix: ")


def test_no_java_is_needed_where_jobs_run_on_emr(
    aws: SmallAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aws.calls
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")

    assert diagnosis().bad == []
