"""`emr-ml up` and `emr-ml down` against the emulated AWS."""

import io
import zipfile
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from emr_ml.doctor.aws import check_certificate
from emr_ml.stack import StackError
from emr_ml.stack.bucket import delete_bucket_with_objects
from emr_ml_tests.commands.stacks import BUCKET, empty_aws, give_wheels, green, run
from emr_ml_tests.emulator.account import Account
from emr_ml_tests.emulator.cloudformation import NO_NOTION
from emr_ml_tests.emulator.examples import a_cluster
from emr_ml_tests.emulator.server import Emulator
from emr_ml_tests.waiting import wait_until

pytestmark = [
    pytest.mark.usefixtures("emulation"),
    pytest.mark.filterwarnings(f"ignore:{NO_NOTION}"),
]


@pytest.fixture(name="aws")
def fixture_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Emulator]:
    with empty_aws(tmp_path, monkeypatch) as aws:
        yield aws


def up(*args: str) -> str:
    return green("up", "--yes", "--nat", "yes", *args)


def fail(*_: object) -> int:
    raise StackError("3 objects can't be deleted")


def test_the_way_up_and_down_leaves_nothing_but_the_bucket(aws: Emulator) -> None:
    account = Account(aws.client)
    before = set(account.left())

    said = up()

    assert "create    AWS::S3::Bucket                        DataBucket\n" in said
    assert f"lake         s3://{BUCKET}/lake\n" in said
    assert said.endswith("next         EMR_ML_STACK=emr-ml AWS_REGION=eu-west-1 make run\n")
    assert "is up to date" in run("up", "--yes").output

    done = run("down", "--yes")

    assert done.exit_code == 0, done.output
    assert f"left: bucket {BUCKET} with all data" in done.output
    assert set(account.left()) - before == set()
    assert aws.client("s3").head_bucket(Bucket=BUCKET)
    assert "there is no stack emr-ml" in run("down", "--yes").output


def test_rules_that_emr_added_to_security_groups_are_not_in_the_way(aws: Emulator) -> None:
    up()
    outputs, ec2 = Account(aws.client).outputs("emr-ml"), aws.client("ec2")
    primary, core = outputs["PrimarySecurityGroup"], outputs["CoreSecurityGroup"]
    for group, other in ((primary, core), (core, primary)):
        rule = {
            "IpProtocol": "udp",
            "FromPort": 0,
            "ToPort": 65535,
            "UserIdGroupPairs": [{"GroupId": other}],
        }
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])

    done = run("down", "--yes")

    assert done.exit_code == 0, done.output
    left = ec2.describe_security_groups()["SecurityGroups"]
    assert {primary, core} & {group["GroupId"] for group in left} == set()


def test_the_next_stack_takes_the_bucket_over_with_its_data(aws: Emulator) -> None:
    up()
    aws.client("s3").put_object(Bucket=BUCKET, Key="lake/kept", Body=b"mine")
    run("down", "--yes")

    up()

    assert aws.client("s3").get_object(Bucket=BUCKET, Key="lake/kept")["Body"].read() == b"mine"


def test_data_goes_only_if_its_bucket_is_named(aws: Emulator) -> None:
    up()

    refused = run("down", "--yes", "--delete-data", "another")

    assert refused.exit_code == 1
    assert f"the data is in {BUCKET}, not in another: nothing was deleted" in refused.output

    done = run("down", "--yes", "--delete-data", BUCKET)

    assert done.output.endswith("left: nothing\n"), done.output
    assert BUCKET not in [b["Name"] for b in aws.client("s3").list_buckets()["Buckets"]]


def test_a_removal_of_data_that_failed_half_way_can_be_run_again(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    up("--kms-key", "create")
    key = Account(aws.client).outputs("emr-ml")["Key"]
    down = ("down", "--yes", "--delete-data", BUCKET)

    with monkeypatch.context() as broken:
        broken.setattr("emr_ml.stack.removal.delete_bucket_with_objects", fail)
        assert "objects can't be deleted" in run(*down).output
    assert aws.client("cloudformation").describe_stacks()["Stacks"] == []
    said = green(*down)

    assert f"deleted bucket {BUCKET} and " in said
    assert f"key {key} is deleted in 30 days" in said
    assert said.endswith("left: nothing\n")
    # and again, when there is nothing left to do
    assert green(*down).endswith("left: nothing\n")


def test_a_bucket_that_no_stack_is_known_to_have_had_is_kept(aws: Emulator) -> None:
    aws.bucket("mine")

    refused = run("down", "--yes", "--delete-data", "mine")

    assert refused.exit_code == 1
    assert "knows which stack had bucket mine" in refused.output
    assert aws.client("s3").head_bucket(Bucket="mine")
    delete_bucket_with_objects(aws.client("s3"), "mine")


def test_whoever_says_no_changes_nothing(aws: Emulator) -> None:
    refused = run("up", "--nat", "yes", answer="n\n")

    assert (refused.exit_code, refused.output.splitlines()[-1]) == (1, "Error: nothing was changed")
    assert aws.client("cloudformation").describe_stacks()["Stacks"] == []

    up()
    refused = run("down", answer="n\n")

    assert refused.output.splitlines()[-1] == "Error: nothing was deleted"
    assert len(aws.client("cloudformation").describe_stacks()["Stacks"]) == 1


def test_a_stack_with_a_live_cluster_stays_until_that_is_ended(aws: Emulator) -> None:
    up()
    outputs = Account(aws.client).outputs("emr-ml")
    request = a_cluster(
        BUCKET,
        Name="emr-ml emr 0123456789abcdef",
        ServiceRole=outputs["ServiceRole"],
        JobFlowRole=outputs["InstanceProfile"],
        AutoTerminationPolicy={"IdleTimeout": 600_000},
    )
    aws.client("emr").run_job_flow(**request)
    (cluster,) = aws.clusters
    wait_until(lambda: cluster.state == "WAITING")

    refused = run("down", "--yes")

    assert refused.exit_code == 1
    assert f"clusters still use stack emr-ml: {cluster.id} (WAITING)" in refused.output

    done = run("down", "--yes", "--end-clusters")

    assert done.exit_code == 0, done.output
    assert cluster.state == "TERMINATED"


def test_the_doctor_sees_the_certificate_without_reading_it(aws: Emulator) -> None:
    up()
    calls = len(list(aws.calls))

    found = check_certificate("emr-ml")

    assert found
    assert found.line.startswith("good  certificate         the nodes' certificate is valid until")
    needed = [action for call in list(aws.calls)[calls:] for action in call.actions]
    assert needed == [
        ("cloudformation:DescribeStacks", "*"),
        ("s3:ListBucket", f"arn:aws:s3:::{BUCKET}?prefix=certificates/nodes.zip"),
    ]


def test_the_certificate_of_the_nodes_is_of_their_names_and_made_once(aws: Emulator) -> None:
    assert "certificates/nodes.zip was created" in up()
    assert "certificates/nodes.zip is up to date" in run("up", "--yes").output

    stored = aws.client("s3").get_object(Bucket=BUCKET, Key="certificates/nodes.zip")
    with zipfile.ZipFile(io.BytesIO(stored["Body"].read())) as archive:
        made = x509.load_pem_x509_certificate(archive.read("certificateChain.pem"))
        assert archive.read("privateKey.pem").startswith(b"-----BEGIN PRIVATE KEY-----")
        assert "trustedCertificates.pem" in archive.namelist()
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["*.eu-west-1.compute.internal"]
    assert (made.not_valid_after_utc - datetime.now(UTC)).days > 700


def test_without_a_way_out_nodes_get_their_packages_from_the_lake(
    aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_wheels(tmp_path, monkeypatch)

    done = run("up", "--yes")

    assert "packages     1 wheels" in done.output, done.output
    assert Account(aws.client).outputs("emr-ml")["Packages"] == "wheelhouse"
    assert "packages     for cp311-x86_64 are in the lake" in run("up", "--yes").output


def test_the_finished_template_can_be_had_without_an_account() -> None:
    done = run("up", "--template")

    assert done.exit_code == 0
    assert '"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}/${LakePrefix}/*"' in done.output


def test_no_region_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    done = run("up", "--yes")

    assert (
        done.output == "Error: no AWS region is set: set AWS_REGION, as in AWS_REGION=eu-west-1\n"
    )
