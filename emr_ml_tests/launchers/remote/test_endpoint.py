"""Region and endpoint of this process become those of the nodes."""

import pytest

from emr_ml.launchers.remote.endpoint import Endpoint, find_endpoint
from emr_ml.launchers.remote.target import TargetConfigError

LAKE = "s3://bucket/lake"


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REGION", "DEFAULT_REGION", "ENDPOINT_URL", "ENDPOINT_URL_S3"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", "/dev/null")


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_by_default_nodes_use_the_endpoint_of_aws(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "eu-central-1")

    assert find_endpoint(LAKE) == Endpoint(LAKE, "eu-central-1", None)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_nodes_use_the_same_store_as_this_process(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv(variable, "http://127.0.0.1:5000")

    assert find_endpoint(LAKE) == Endpoint(LAKE, "eu-west-1", "http://127.0.0.1:5000")


def test_an_endpoint_of_another_service_is_not_for_the_nodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_EMR", "http://127.0.0.1:5000")

    assert find_endpoint(LAKE).url is None


def test_without_a_region_the_variable_is_named() -> None:
    with pytest.raises(TargetConfigError, match="set AWS_REGION"):
        find_endpoint(LAKE)
