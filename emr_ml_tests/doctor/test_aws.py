"""`emr-ml doctor` names what is wrong with the access to AWS, or with the stack."""

import os
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from moto.cloudformation.models import cloudformation_backends

from emr_ml.commands.doctor import doctor
from emr_ml.doctor.aws import check_certificate
from emr_ml.doctor.finding import Finding
from emr_ml.stack.account import CERTIFICATE_VALIDITY
from emr_ml_tests.aws.web_pages import web_pages
from emr_ml_tests.doctor.account import ACCOUNT, give_quotas, make_stack
from emr_ml_tests.doctor.diagnosis import diagnosis, the_bad_one
from emr_ml_tests.emulator.arranged import ArrangedAws
from emr_ml_tests.emulator.world import REGION
from emr_ml_tests.stack.cloudformation import CloudFormation

pytestmark = pytest.mark.usefixtures("emulation")

ADDRESS = "s3://data/certificates/nodes.zip"


def test_no_region(aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert the_bad_one().startswith("region none is set. Fix: set AWS_REGION, ")
    assert aws.called("GetCallerIdentity") == []


def test_a_region_that_is_none(aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west1")

    assert the_bad_one().startswith("region 'eu-west1' is not the name of a region. Fix: ")
    assert aws.called("GetCallerIdentity") == []


def test_no_credentials(aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    said = the_bad_one()

    assert said.startswith("credentials no credentials were found. Fix: set AWS_PROFILE")
    assert aws.called("GetCallerIdentity") == []


def test_a_profile_that_is_not_there(aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")

    said = the_bad_one()

    assert said.startswith("credentials The config profile (work) could not be found. Fix: ")
    assert aws.called("GetCallerIdentity") == []


def test_expired_credentials_are_not_called_missing(aws: ArrangedAws) -> None:
    aws.refuse("GetCallerIdentity", "ExpiredToken", 403)

    assert the_bad_one().startswith("credentials the credentials have expired. Fix: get new ones")


@pytest.mark.usefixtures("aws")
def test_an_endpoint_that_answers_with_a_page_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_pages() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        said = the_bad_one()

    assert said.startswith("credentials the endpoint does not answer like AWS")
    assert "Fix: check AWS_ENDPOINT_URL" in said


@pytest.mark.usefixtures("aws")
def test_an_endpoint_that_is_no_url_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")

    said = the_bad_one()

    assert "Invalid endpoint: nowhere. Fix: set AWS_ENDPOINT_URL to a URL" in said


def test_credentials_that_aws_does_not_know(aws: ArrangedAws) -> None:
    aws.refuse("GetCallerIdentity", "InvalidClientTokenId", 403)

    said = the_bad_one()

    assert said.startswith("credentials AWS does not accept the credentials (InvalidClientTokenId)")


@pytest.mark.parametrize(("minutes", "words"), [(3, "behind"), (-3, "ahead of")])
def test_a_clock_that_is_wrong(aws: ArrangedAws, minutes: int, words: str) -> None:
    aws.world.ahead = timedelta(minutes=minutes).total_seconds()

    assert f"seconds {words} AWS's. Fix: set it" in the_bad_one()


def test_a_clock_that_is_so_wrong_that_aws_refuses_the_request(aws: ArrangedAws) -> None:
    aws.world.ahead = timedelta(minutes=20).total_seconds()
    aws.refuse(
        "GetCallerIdentity",
        "SignatureDoesNotMatch",
        403,
        "Signature expired: 20261102T1200Z is now earlier",
    )

    assert re.match(r"clock is 1(199|200) seconds behind AWS's\. Fix: ", the_bad_one())


def test_a_clock_that_is_a_little_off_is_worth_a_word(aws: ArrangedAws) -> None:
    aws.world.ahead = timedelta(seconds=-20).total_seconds()

    result = CliRunner().invoke(doctor)

    assert result.exit_code == 0
    assert re.search(r"good  clock +is 2\d seconds ahead of AWS's: let NTP set it", result.output)


def test_a_stack_gives_all_that_is_needed(
    account: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_quotas(account, on_demand=32.0, spot=32.0)
    make_stack(monkeypatch)

    found = diagnosis()

    assert (found.bad, found.exit_code) == ([], 0)
    assert {"stack", "bucket", "instance types", "on-demand quota", "spot quota"} < {*found.names}


@pytest.mark.usefixtures("account")
def test_a_stack_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_STACK", "forgotten")

    said = the_bad_one()

    assert said.startswith("stack there is no stack forgotten in eu-west-1. Fix: create it with")


@pytest.mark.usefixtures("account")
def test_a_stack_that_was_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    make_stack(monkeypatch)
    name = os.environ["EMR_ML_STACK"]
    stacks = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    next(each for each in stacks if each.name == name).status = "ROLLBACK_COMPLETE"

    assert (
        the_bad_one() == f"stack stack {name} is ROLLBACK_COMPLETE. Fix: repair it with `emr-ml up`"
    )


@pytest.mark.usefixtures("account")
def test_a_stack_of_an_older_template(monkeypatch: pytest.MonkeyPatch) -> None:
    make_stack(monkeypatch, "SecurityConfiguration")

    said = the_bad_one()

    assert "has no output SecurityConfiguration. Fix: update it with `emr-ml up`" in said


class Listing:
    """S3 with one object, created at a time, or none; or one that denies the listing."""

    def __init__(self, created: datetime | None, *, is_denied: bool = False) -> None:
        self.created, self.is_denied = created, is_denied

    def ask(self, operation: str, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert (operation, Bucket, Prefix) == ("list_objects_v2", "data", "certificates/nodes.zip")
        if self.is_denied:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")
        return {"Contents": [{"LastModified": self.created}]} if self.created else {}


def check_certificate_of(
    monkeypatch: pytest.MonkeyPatch, s3: Listing, **outputs: str
) -> Finding | None:
    cfn = CloudFormation(state="CREATE_COMPLETE", outputs=outputs)
    services: dict[str, Any] = {"cloudformation": cfn, "s3": s3}

    def api(service: str, region: str | None) -> Any:
        assert region == "eu-west-1"
        return services[service]

    monkeypatch.setattr("emr_ml.doctor.aws.api", api)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    return check_certificate("emr-ml")


@pytest.mark.parametrize(
    ("remaining", "passed", "words"),
    [
        (timedelta(days=100), True, "the nodes' certificate is valid until 20"),
        (timedelta(days=20, hours=1), True, "expires in 20 days: `emr-ml up` renews it"),
        (timedelta(hours=-1), False, "the nodes' certificate expired on 20"),
        (None, False, f"there is none at {ADDRESS}"),
    ],
    ids=["valid for long", "expires soon", "expired", "missing"],
)
def test_the_remaining_validity_is_reported(
    monkeypatch: pytest.MonkeyPatch, remaining: timedelta | None, words: str, *, passed: bool
) -> None:
    created = None if remaining is None else datetime.now(UTC) + remaining - CERTIFICATE_VALIDITY

    finding = check_certificate_of(monkeypatch, Listing(created), Certificate=ADDRESS)

    assert finding
    assert (finding.name, finding.passed) == ("certificate", passed)
    assert words in finding.text
    assert passed or "`emr-ml up` creates" in finding.fix


def test_a_denied_listing_is_not_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = check_certificate_of(monkeypatch, Listing(None, is_denied=True), Certificate=ADDRESS)

    assert finding
    assert finding.line.startswith("skip  certificate ")
    assert "not checked: not allowed to call ListObjectsV2" in finding.text


def test_a_stack_without_tls_has_no_certificate_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_certificate_of(monkeypatch, Listing(None)) is None
