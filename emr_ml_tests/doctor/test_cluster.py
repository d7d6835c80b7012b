"""`emr-ml doctor` names what EMR would refuse, or clusters would miss."""

import os

import pytest

from emr_ml.launchers.emr.shipping.wheelhouse import wheelhouse_key
from emr_ml.launchers.remote.wheels import read_requirements
from emr_ml_tests.doctor.account import client, make_bucket
from emr_ml_tests.doctor.diagnosis import all_well, diagnosis, the_bad_one
from emr_ml_tests.emulator.arranged import ArrangedAws
from spark_jobs.runtime.lake import open_lake

pytestmark = pytest.mark.usefixtures("emulation")


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

    assert (found.bad, found.exit_code) == ([], 0)
    assert any(line.startswith("release label emr-spark-8.1.0: not") for line in found.skipped)


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
    all_well("subnets")

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

    all_well("packages")


@pytest.mark.usefixtures("aws")
def test_a_script_of_the_user_that_was_not_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{os.environ['EMR_ML_LAKE']}/mine/proxy.sh"
    monkeypatch.setenv("EMR_ML_CLUSTER__BOOTSTRAP_ACTIONS", f"[{{name: proxy, path: '{path}'}}]")

    said = the_bad_one()

    assert said.startswith(f"packages bootstrap action 'proxy': {path} does not exist. Fix: ")
