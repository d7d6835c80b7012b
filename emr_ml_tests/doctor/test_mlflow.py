"""`emr-ml doctor` names what keeps models from the MLflow server."""

import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from emr_ml.doctor.mlflow import check_server


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        pass


@pytest.fixture(name="address")
def fixture_address() -> Generator[str]:
    server = HTTPServer(("127.0.0.1", 0), Healthy)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_that_answers(address: str) -> None:
    assert check_server(f"http://ada:s3cret@{address}").line == (
        f"good  MLflow              http://{address} answers"
    )


def test_one_that_does_not() -> None:
    line = check_server("http://ada:s3cret@127.0.0.1:9").line

    assert line.startswith("bad   MLflow              http://127.0.0.1:9 does not answer")
    assert line.endswith(
        "Connection refused; runs succeed without it. "
        "Fix: start the server, or correct MLFLOW_TRACKING_URI"
    )


def test_an_address_of_something_else() -> None:
    assert "is not the http:// or https:// address" in check_server("databricks").line


def test_the_extra_is_missing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emr_ml.tracking.server.find_spec", dict[str, None]().get)

    assert "emr-ml[mlflow]" in check_server(f"http://{address}").line
