"""`emr-ml doctor` reports how long the nodes' certificate is valid."""

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
    """S3 with one object, created at a time, or none; or one that denies the listing."""

    def __init__(self, created: datetime | None, *, is_denied: bool = False) -> None:
        self.created, self.is_denied = created, is_denied

    def ask(self, operation: str, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert (operation, Bucket, Prefix) == ("list_objects_v2", "data", "certificates/nodes.zip")
        if self.is_denied:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")
        return {"Contents": [{"LastModified": self.created}]} if self.created else {}


def check(monkeypatch: pytest.MonkeyPatch, s3: Listing, **outputs: str) -> Finding | None:
    cfn = CloudFormation(state="CREATE_COMPLETE", outputs=outputs)
    services: dict[str, Any] = {"cloudformation": cfn, "s3": s3}

    def api(service: str, region: str | None) -> Any:
        assert region == "eu-west-1"
        return services[service]

    monkeypatch.setattr(aws, "api", api)
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

    finding = check(monkeypatch, Listing(created), Certificate=ADDRESS)

    assert finding
    assert (finding.name, finding.passed) == ("certificate", passed)
    assert words in finding.text
    assert passed or "`emr-ml up` creates" in finding.fix


def test_a_denied_listing_is_not_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = check(monkeypatch, Listing(None, is_denied=True), Certificate=ADDRESS)

    assert finding
    assert finding.line.startswith("skip  certificate ")
    assert "not checked: not allowed to call ListObjectsV2" in finding.text


def test_a_stack_without_tls_has_no_certificate_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(monkeypatch, Listing(None)) is None
