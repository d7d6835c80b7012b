"""The address of the server, and what is missing to use it."""

import importlib.util
from importlib.machinery import ModuleSpec

import pytest

from emr_ml.tracking.server import TrackingError, connect, public_address


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("https://ada:s3cret@mlflow.example/path/", "https://mlflow.example/path"),
        ("https://token@mlflow.example", "https://mlflow.example"),
        ("http://[::1]:5000/?key=s3cret", "http://[::1]:5000"),
    ],
)
def test_an_address_is_shown_without_its_secrets(given: str, shown: str) -> None:
    assert public_address(given) == shown


@pytest.mark.parametrize(
    "given",
    [
        "s3cret",
        "sqlite:///s3cret.db",
        "file:./s3cret",
        "http://",
        "http://a:s3cret@b:port",
        "http://[s3cret",
    ],
)
def test_what_is_no_address_of_a_server_is_refused_and_not_shown(given: str) -> None:
    with pytest.raises(TrackingError, match="MLFLOW_TRACKING_URI is not the http://") as caught:
        connect(given, 1)

    assert "s3cret" not in str(caught.value)


def test_without_the_extra_the_message_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find_spec = importlib.util.find_spec

    def without_mlflow(name: str) -> ModuleSpec | None:
        return None if name == "mlflow" else find_spec(name)

    monkeypatch.setattr("emr_ml.tracking.server.find_spec", without_mlflow)

    with pytest.raises(TrackingError, match=r"mlflow can't be imported: .*emr-ml\[mlflow\]"):
        connect("http://127.0.0.1:1", 1)
