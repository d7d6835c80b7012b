"""`emr-ml doctor` says in time that the nodes' certificate ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emr_ml.doctor import aws
from emr_ml.doctor.aws import check_certificate
from emr_ml.doctor.finding import Finding
from emr_ml.stack.account import CERTIFICATE_VALIDITY
from emr_ml_tests.stack.cloudformation import CloudFormation

ADDRESS = "s3://data/certificates/nodes.zip"


class Listing:
    """S3 with one object, made at a time, or none; or one that may not be listed."""

    def __init__(self, made: datetime | None, *, refuses: bool = False) -> None:
        self.made, self.refuses = made, refuses

    def ask(self, operation: str, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert (operation, Bucket, Prefix) == ("list_objects_v2", "data", "certificates/nodes.zip")
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")
        return {"Contents": [{"LastModified": self.made}]} if self.made else {}


def found(monkeypatch: pytest.MonkeyPatch, s3: Listing, **outputs: str) -> Finding | None:
    cfn = CloudFormation(state="CREATE_COMPLETE", outputs=outputs)
    services: dict[str, Any] = {"cloudformation": cfn, "s3": s3}

    def api(service: str, region: str | None) -> Any:
        assert region == "eu-west-1"
        return services[service]

    monkeypatch.setattr(aws, "api", api)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    return check_certificate("emr-ml")


def line(monkeypatch: pytest.MonkeyPatch, left: timedelta | None, *, refuses: bool = False) -> str:
    """What is said of a certificate that is valid for so long yet."""
    made = None if left is None else datetime.now(UTC) + left - CERTIFICATE_VALIDITY
    finding = found(monkeypatch, Listing(made, refuses=refuses), Certificate=ADDRESS)
    assert finding
    return finding.line


def test_one_that_is_valid_for_long_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    assert line(monkeypatch, timedelta(days=100)).startswith(
        "good  certificate         the nodes' certificate is valid until"
    )


def test_some_weeks_before_its_end_it_is_said_how_to_renew_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = line(monkeypatch, timedelta(days=20, hours=1))

    assert said.startswith("good ")
    assert said.endswith("expires in 20 days: `emr-ml up` renews it")


def test_one_that_has_ended_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    said = line(monkeypatch, timedelta(hours=-1))

    assert said.startswith("bad   certificate         the nodes' certificate expired on 20")
    assert "Fix: `emr-ml up` creates a new one" in said


def test_one_that_is_not_there_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"there is none at {ADDRESS}" in line(monkeypatch, None)


def test_where_it_may_not_be_asked_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    said = line(monkeypatch, None, refuses=True)

    assert said.startswith("good ")
    assert "could not be checked" in said


def test_a_stack_without_tls_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, Listing(None)) is None
