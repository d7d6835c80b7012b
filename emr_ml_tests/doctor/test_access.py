"""`emr-ml doctor` without access to AWS: it names why, and asks nothing else."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from emr_ml.commands.doctor import doctor
from emr_ml_tests.aws.web_pages import web_pages
from emr_ml_tests.doctor.healthy import CHECKS
from emr_ml_tests.doctor.test_machine import diagnosis, the_bad_one
from emr_ml_tests.emulator.arranged import ArrangedAws


@pytest.fixture(name="aws")
def fixture_aws(emr_aws: ArrangedAws) -> ArrangedAws:
    return emr_aws


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


def test_after_an_expired_token_aws_is_asked_nothing_else(aws: ArrangedAws) -> None:
    aws.refuse("GetCallerIdentity", "ExpiredToken", 403)

    before = len(aws.calls)

    found = diagnosis()

    assert {operation for operation, _ in aws.calls[before:]} == {"GetCallerIdentity"}
    of_aws = CHECKS[CHECKS.index("lake") :]
    expected = {*of_aws, "quotas"} - {"cluster", "on-demand quota", "spot quota"}
    assert {line.partition(" not checked: ")[0] for line in found.skipped} == expected
    assert {line.partition(" not checked: ")[2] for line in found.skipped} == {
        "AWS can't be asked, see credentials"
    }


def test_a_token_that_expires_on_the_way_is_named_once(aws: ArrangedAws) -> None:
    aws.refuse("ListClusters", "ExpiredTokenException")

    found = diagnosis()

    (bad,) = found.bad
    assert " ".join(bad.split()).startswith("EMR the credentials have expired. Fix: get new ones")
    assert "quotas not checked: AWS can't be asked, see EMR" in found.skipped
    assert aws.called("DescribeSubnets") == []


@pytest.mark.usefixtures("aws")
def test_an_endpoint_that_answers_with_a_page_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_pages() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        said = the_bad_one()

    assert said.startswith("credentials the endpoint does not answer as AWS does")
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
